// Every way of child_process, while worker threads and libuv's pool are there.
'use strict';
const { execFile, exec, fork, spawn, spawnSync } = require('child_process');
const fs = require('fs');
const { Worker } = require('worker_threads');
const { promisify } = require('util');

if (process.argv[2] === 'child') {
	process.on('message', (number) => {
		process.send(number * 2);
		process.disconnect();
	});
} else {
	main();
}

function ended(child) {
	return new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
}

function double(number) {
	return new Promise((resolve) => {
		const child = fork(__filename, ['child']);
		child.on('message', resolve);
		child.send(number);
	});
}

async function main() {
	const worker = new Worker('setInterval(() => {}, 10)', { eval: true });
	const reads = Array.from({ length: 8 }, () => fs.promises.readFile(__filename));

	const sorted = spawn('sort', ['-n']);
	let text = '';
	sorted.stdout.on('data', (part) => (text += part));
	sorted.stdin.end('3\n1\n2\n');
	console.log(await ended(sorted), JSON.stringify(text));

	const echoes = Array.from({ length: 30 }, (_, i) => promisify(execFile)('echo', [String(i)]));
	console.log((await Promise.all(echoes)).reduce((sum, { stdout }) => sum + Number(stdout), 0));
	console.log((await promisify(exec)('seq 100 | grep -c 1')).stdout.trim());
	console.log(spawnSync('sh', ['-c', 'exit 4']).status);
	console.log(await Promise.all([1, 2, 3].map(double)));

	const sleeper = spawn('sleep', ['1000']);
	sleeper.kill('SIGTERM');
	console.log(await ended(sleeper));
	await Promise.all(reads);
	await worker.terminate();
}
