#!/usr/bin/env node
/** `frugal-opt` as a process. */
import { main } from './main.js';

process.exitCode = await main(process.argv.slice(2), process);
