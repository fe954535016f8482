import { print } from '../output.ts';
import { runChecks } from './checks.ts';

process.exitCode = (await runChecks(print)) ? 0 : 1;
