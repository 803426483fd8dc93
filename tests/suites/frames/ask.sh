# Asks the server at $PWD/socket five times. 42: it did not answer in time.
ask() {
	for count in 10 1000 100000 10 1000; do
		status=0
		answer=$(curl --silent --fail --max-time 15 --unix-socket socket \
			"http://localhost/?$count") || status=$?
		[ $status -ne 28 ] || return 42
		[ "$answer" = $((count * (count - 1) / 2)) ] || return 1
	done
	echo answered
}
