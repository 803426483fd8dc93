// A query by Polars in the parent, then the same in a child that koffi forks.
'use strict';
const koffi = require('koffi');
const pl = require('nodejs-polars');

const HUNG = 42;
const WNOHANG = 1;

const libc = koffi.load('libc.so.6');
const fork = libc.func('int fork()');
const waitpid = libc.func('int waitpid(int, _Out_ int *, int)');
const exitAtOnce = libc.func('void _exit(int)');

function query() {
  const frame = pl.DataFrame({ key: [1, 1, 2, 2], value: [1, 2, 3, 4] });
  return frame.groupBy('key').agg(pl.col('value').sum()).height;
}

// Five seconds of patience.
function reap(child) {
  const status = [0];
  let rounds = 0;
  const timer = setInterval(() => {
    const isGone = waitpid(child, status, WNOHANG) === child;
    if (!isGone && ++rounds < 500) return;
    clearInterval(timer);
    if (!isGone) process.kill(child, 'SIGKILL');
    const signal = status[0] & 0x7f;
    process.exitCode = !isGone ? HUNG : signal ? 128 + signal : status[0] >> 8;
  }, 10);
}

const expected = query();
const child = fork();
if (child === 0) exitAtOnce(query() === expected ? 0 : 1);
reap(child);
