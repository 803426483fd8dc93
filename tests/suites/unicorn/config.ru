run lambda { |environment|
  number = environment['QUERY_STRING'].to_i
  [200, { 'content-type' => 'text/plain' }, ["#{`echo #{2 * number}`}"]]
}
