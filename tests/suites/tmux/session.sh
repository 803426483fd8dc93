#!/bin/sh
# The server is a daemon, and each window a child with a terminal (forkpty).
set -eu
export SHELL=/bin/sh TERM=screen

tmux() {
	command tmux -S "$PWD/socket" -f /dev/null "$@"
}

tmux new-session -d -s work -x 80 -y 24
tmux new-window -t work 'echo second >second; tmux -S "'"$PWD"'/socket" wait-for -S second; exec sleep 1000'
tmux wait-for second
cat second
tmux send-keys -t work:0 'seq 3 | (cat; echo end) >first; tmux -S "'"$PWD"'/socket" wait-for -S first' Enter
tmux wait-for first
cat first
tmux list-windows -t work -F '#{window_index}'
tmux kill-server
while tmux has-session 2>/dev/null; do sleep 0.05; done
echo stopped
