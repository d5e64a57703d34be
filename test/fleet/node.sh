#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# node.sh -- an event loop, its thread pool, workers, children and signal handlers.
#
# fleet: worker_threads, cluster, child_process, fs, crypto, http, timers, WebAssembly, signals
# packages: nodejs
# names: object 40 /node$
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

cat >program.js <<'END'
'use strict';
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const child = require('child_process');
const cluster = require('cluster');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const net = require('net');
const zlib = require('zlib');
const util = require('util');

function burn(n) { let s = n; for (let i = 0; i < 1e6; i++) s = (s * 31 + i) % 1000003; return s; }

async function workers() {
  const one = (n) => new Promise((done, failed) => {
    const w = new Worker(__filename, { workerData: n });
    let said;
    w.on('message', (m) => { said = m; });
    w.on('error', failed);
    w.on('exit', (code) => done([said, code]));
  });
  console.log('workers', JSON.stringify(await Promise.all([...Array(12).keys()].map(one))));
  const w = new Worker('while (true) {}', { eval: true });
  await new Promise((r) => setTimeout(r, 200));
  console.log('terminated', await w.terminate());
}

async function children() {
  const exec = util.promisify(child.execFile);
  const all = await Promise.all([...Array(40).keys()].map((n) => exec('/bin/echo', [String(n)])));
  console.log('children', all.map((r) => r.stdout.trim()).join(' '));
  console.log('statuses', [...Array(20).keys()].map((n) => child.spawnSync('/bin/sh', ['-c', `exit ${n}`]).status).join(' '));
  console.log('killed', child.spawnSync('/bin/sleep', ['10'], { timeout: 200 }).signal);
  const cat = child.spawn('cat');
  const big = crypto.createHash('sha256').update('x').digest('hex').repeat(30000);
  cat.stdin.end(big);
  let got = 0;
  for await (const c of cat.stdout) got += c.length;
  console.log('cat', got === big.length);
  const f = child.fork(__filename, ['forked']);
  console.log('forked', await new Promise((r) => { f.on('message', r); f.send(7); }), await new Promise((r) => f.on('exit', r)));
}

async function files() {
  await Promise.all([...Array(100).keys()].map((n) => fs.promises.writeFile(`f${n}`, `${n}`.repeat(1000))));
  const read = await Promise.all([...Array(100).keys()].map((n) => fs.promises.readFile(`f${n}`)));
  console.log('files', read.reduce((s, b) => s + b.length, 0), fs.readdirSync('.').filter((f) => /^f\d/.test(f)).length);
  for (let n = 0; n < 100; n++) fs.unlinkSync(`f${n}`);
  const hash = util.promisify(crypto.pbkdf2);
  const keys = await Promise.all([...Array(8).keys()].map((n) => hash('x', `${n}`, 30000, 16, 'sha256')));
  console.log('keys', keys.map((k) => k.toString('hex').slice(0, 4)).join(' '));
  console.log('zlib', zlib.gunzipSync(await util.promisify(zlib.gzip)(Buffer.alloc(3e6, 'abc'))).length);
}

async function web() {
  const server = http.createServer((q, a) => { burn(1); a.end(q.url); }).listen(0, '127.0.0.1');
  await new Promise((r) => server.on('listening', r));
  const get = (n) => new Promise((r) => http.get({ port: server.address().port, host: '127.0.0.1', path: `/${n}` }, (a) => { let s = ''; a.on('data', (d) => { s += d; }); a.on('end', () => r(s)); }));
  console.log('web', (await Promise.all([...Array(100).keys()].map(get))).join(''));
  server.close();
}

async function signals() {
  let usr = 0;
  process.on('SIGUSR2', () => usr++);
  for (let n = 0; n < 20; n++) { process.kill(process.pid, 'SIGUSR2'); burn(n); await new Promise((r) => setTimeout(r, 10)); }
  console.log('signals', usr);
  let early = 0;
  for (let n = 0; n < 20; n++) {
    const t = process.hrtime.bigint();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    early += process.hrtime.bigint() - t < 20000000n;
  }
  console.log('early', early);
}

function errors() {
  let deep = 0, caught = 0;
  const down = () => { deep++; down(); };
  for (let n = 0; n < 50; n++) try { down(); } catch (e) { caught += e instanceof RangeError; }
  const trap = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 32, 0, 40, 2, 0, 11]));
  const f = new WebAssembly.Instance(trap).exports.f;
  let traps = 0, sum = 0;
  for (let n = 0; n < 20000; n++) try { sum += f(n % 2 ? 8 : 0x7fffffff); } catch (e) { traps += e instanceof WebAssembly.RuntimeError; }
  console.log('errors', caught, traps, sum);
}

async function main() {
  console.log(burn(1));
  await workers(); await children(); await files(); await web(); await signals(); errors();
  console.log(fs.readdirSync('/proc/self/fd').length > 3);
  process.on('exit', (code) => console.log('exit', code));
  process.exitCode = 5;
}

if (!isMainThread) { parentPort.postMessage([burn(workerData), child.spawnSync('/bin/echo', ['x']).stdout.toString().trim()]); process.exit(workerData); }
else if (process.argv[2] === 'forked') process.on('message', (n) => { process.send(burn(n)); process.disconnect(); });
else if (process.argv[2] === 'cluster') {
  if (cluster.isPrimary) {
    let done = 0;
    for (let n = 0; n < 4; n++) cluster.fork();
    cluster.on('message', (w, m) => { done += m; w.kill(); });
    let gone = 0;
    cluster.on('exit', () => { if (++gone === 4) console.log('cluster', done); });
  } else { burn(3); process.send(1); }
} else main();
END
started=$(date +%s.%N)
got=0
"$under" node program.js 2>&1 || got=$?
echo "status $got"
"$under" node program.js cluster 2>&1 || echo "cluster: status $?"
"$under" node --cpu-prof --cpu-prof-dir="$PWD/own" -e 'let s = 0; for (let i = 0; i < 1e8; i++) s = (s * 31 + i) % 1000003; console.log(s)' 2>&1
"$under" node -e 'const p = JSON.parse(require("fs").readFileSync(require("fs").readdirSync("own").map(f => "own/" + f)[0]));
console.log("own profile", p.nodes.length > 3, p.samples.length > 100)'
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
"$under" node -e 'let a = 0; for (let i = 0; i < 5e7; i++) a += i; throw new Error("thrown")' 2>&1 | head -n 4 || echo "status $?"
prlimit --core=0 "$under" node -e 'let a = 0; for (let i = 0; i < 5e7; i++) a += i; process.abort()' 2>/dev/null || echo "abort: status $?"
rm -rf own
