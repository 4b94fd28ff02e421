#!/usr/bin/env node
// Sets what must be set before Node's first file access, then starts the program.
// Syncs and reads share libuv's threads, four by default: a few slow syncs would hold up every read. Loading an ES module already starts
// these threads, so this one file is CommonJS.

process.env.UV_THREADPOOL_SIZE ??= '16'
void import('../dist/src/main.js')
