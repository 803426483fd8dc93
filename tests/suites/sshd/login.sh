#!/bin/sh
set -eu
user=$(id -un)
[ "$user" != root ] || mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f login
cp login.pub authorized
cat >sshd_config <<-END
	ListenAddress 127.0.0.1
	HostKey $PWD/host
	PidFile $PWD/pid
	AuthorizedKeysFile $PWD/authorized
	StrictModes no
	UsePAM no
	PermitRootLogin prohibit-password
	PasswordAuthentication no
	PrintMotd no
	PrintLastLog no
	Subsystem sftp internal-sftp
END

# A port that somebody has is refused at once; the next one is tried then.
port=$((20000 + $$ % 20000))
while :; do
	/usr/sbin/sshd -D -e -f sshd_config -p $port 2>log &
	server=$!
	until grep -q 'Server listening' log || ! kill -0 $server 2>/dev/null; do sleep 0.05; done
	! grep -q 'Server listening' log || break
	port=$((port + 1))
	[ $port -lt 60000 ]
done
cat >ssh_config <<-END
	Host server
	HostName 127.0.0.1
	Port $port
	User $user
	IdentityFile $PWD/login
	IdentitiesOnly yes
	BatchMode yes
	UserKnownHostsFile $PWD/known
	StrictHostKeyChecking no
	LogLevel ERROR
END

for number in 1 2 3; do
	ssh -F ssh_config server "echo login $number; exit $number" || echo "status $?"
done
seq 10000 | ssh -F ssh_config server 'sort -rn | head -n 1'
ssh -F ssh_config -tt server 'test -t 0 && echo terminal'
scp -q -F ssh_config ssh_config "server:$PWD/copied"
cmp ssh_config copied
kill $server
wait $server || test $? -eq 255
echo stopped
