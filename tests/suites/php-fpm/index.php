<?php
parse_str($_SERVER['QUERY_STRING'], $query);
$number = (int)$query['number'];
echo trim(shell_exec("echo $((2 * $number))")), "\n";
