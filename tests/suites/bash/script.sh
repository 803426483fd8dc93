# A shell forks for everything that is here.
set -euo pipefail

trap 'echo "trap: $counted lines"' EXIT
trap 'echo "trap: USR1"' USR1

counted=$(seq 1 2000 | tee >(grep -c 7 >sevens) | sort -rn | (read -r first; echo "$first" >first; cat) | wc -l)
kill -USR1 $$
while [ ! -s sevens ]; do sleep 0.05; done
echo "$(<first) $(<sevens)"

sum=0
for i in {1..200}; do
	sum=$((sum + $(echo "$i")))
done
echo "sum $sum"

# Background jobs, each with a subshell and a trap of its own.
for i in {1..20}; do
	(
		trap 'exit $((i + 20))' TERM
		echo "$i" >"ready.$i"
		while :; do sleep 0.05; done
	) &
	jobs[i]=$!
done
for i in {1..20}; do
	while [ ! -s "ready.$i" ]; do sleep 0.01; done
	kill "${jobs[i]}"
	wait "${jobs[i]}" || test $? -eq $((i + 20))
done

coproc upper { tr a-z A-Z; }
echo through >&"${upper[1]}"
exec {upper[1]}>&-
read -r answer <&"${upper[0]}"
echo "$answer"
(exit 7) || echo "status $?"
{ (kill -KILL $BASHPID) || echo "status $?"; } 2>/dev/null
diff <(seq 3) <(printf '%s\n' 1 2 3) && echo same
