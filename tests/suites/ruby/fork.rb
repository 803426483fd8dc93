# Process.fork beside a thread that computes, sleeps and holds a mutex: Ruby
# gives its child a state that works.
mutex = Mutex.new
worker = Thread.new do
  loop do
    mutex.synchronize { (1..1000).sum }
    sleep 0.001
  end
end

statuses = 20.times.map do
  child = Process.fork do
    Thread.new { mutex.synchronize { (1..1000).sum } }.join
  end
  Process.wait2(child).last.success?
end
worker.kill
exit statuses.all?
