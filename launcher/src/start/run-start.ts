import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PortPicker, ProcessRegistry, type Stack, startStack } from '@tidemark/stack';
import { removeStackFile, type StackFile, writeStackFile } from '../stack-file.ts';
import { addressLines } from './addresses.ts';
import { busiestTokens } from './busiest-tokens.ts';
import { takeDirectory } from './directory.ts';
import type { Display } from './display.ts';
import { removeLauncherState, writeLauncherState } from './launcher-state.ts';
import type { StartOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { ServiceGroup } from './service-group.ts';
import { serviceSpecs, sharedEnv } from './services.ts';
import { SupervisedServers } from './supervised-servers.ts';
import { untilAborted, within } from './waiting.ts';

const readyBoundMs = 180_000;
const firstTokenBoundMs = 20_000;
const firstTokenPollMs = 250;

const defaultPorts = { api: 8080, gateway: 8081, kafka: 19_092, postgres: 15_432, redis: 16_379 };

/**
 * Starts everything, keeps it running until the signal is raised, and stops it in the reverse order. Resolves when nothing is
 * left; also when the signal was raised during the start.
 * @throws CodedError of whatever kept it from starting, after stopping what had started.
 */
export async function runStart(options: StartOptions, display: Display, signal: AbortSignal): Promise<void> {
  const { dir } = options;
  const say = (message: string) => display.step(message);
  const lock = await takeDirectory(dir, { reset: options.reset, onProgress: say });
  const closers: (() => unknown)[] = [() => lock.release()];
  const addresses = { api: '', gateway: '' };
  const state = (phase: 'starting' | 'running' | 'stopping') =>
    writeLauncherState(dir, { pid: process.pid, state: phase, ...addresses });
  try {
    closers.push(() => removeLauncherState(dir));
    state('starting');
    removeStackFile(dir);
    say(`Tidemark starts in ${dir}`);
    const ports = await choosePorts(options, addresses);
    const servers = new SupervisedServers(say);
    closers.push(() => servers.stop());
    const stack = await startServers(options, ports, servers, say);
    signal.throwIfAborted();
    const shared = sharedEnv(options, stack);
    await prepare(shared);
    say('topics and tables are there');
    signal.throwIfAborted();

    const logsDir = join(dir, 'logs');
    mkdirSync(logsDir, { recursive: true });
    const group = new ServiceGroup({ logsDir, registry: new ProcessRegistry(dir), ports: ports.picker, print: say });
    closers.push(() => group.stop());
    group.start(serviceSpecs(options, ports, shared));
    await within(group.ready(), {
      boundMs: readyBoundMs,
      signal,
      what: () => `not ready: ${group.waiting().join(', ')}`,
    });

    const stackFile = () => stackFileOf(stack, addresses, group);
    closers.push(() => removeStackFile(dir));
    group.onChange = () => writeStackFile(dir, stackFile());
    writeStackFile(dir, stackFile());
    state('running');
    say('ready');
    await showUntilStopped(stackFile, options, display, signal);
  } catch (error) {
    // Whatever fails once a stop was asked for fails because of it: Ctrl-C reaches Maven and the like directly.
    if (!signal.aborted) throw error;
  } finally {
    state('stopping');
    for (const close of closers.toReversed()) await close();
    say('stopped');
  }
}

interface ChosenPorts extends Record<keyof typeof defaultPorts, number> {
  picker: PortPicker;
}

/** All ports are settled before anything starts, so that one that is taken costs no waiting. */
async function choosePorts(
  { ports, external }: StartOptions,
  addresses: { api: string; gateway: string },
): Promise<ChosenPorts> {
  const picker = new PortPicker();
  const chosen: ChosenPorts = { ...defaultPorts, picker };
  for (const name of Object.keys(defaultPorts) as (keyof typeof defaultPorts)[]) {
    if (name !== 'api' && name !== 'gateway' && external[name]) continue;
    const { setting, value } = ports[name];
    chosen[name] = await picker.forSetting(setting, value, defaultPorts[name]);
  }
  addresses.api = `http://127.0.0.1:${chosen.api}`;
  addresses.gateway = `ws://127.0.0.1:${chosen.gateway}/v1/stream`;
  return chosen;
}

async function startServers(
  { dir, external }: StartOptions,
  { kafka, postgres, redis }: ChosenPorts,
  servers: SupervisedServers,
  onProgress: (message: string) => void,
): Promise<Stack> {
  const stack = await startStack({
    dir,
    ports: { kafka, postgres, redis },
    external,
    onProgress,
    onExit: (name, message) => servers.onExit(name, message),
  });
  servers.watch(stack);
  return stack;
}

function stackFileOf(stack: Stack, { api, gateway }: { api: string; gateway: string }, group: ServiceGroup): StackFile {
  const { kafka, postgres, redis } = stack;
  return { api, gateway, kafka, postgres, redis, services: group.processes() };
}

async function showUntilStopped(
  stackFile: () => StackFile,
  { dir, source }: StartOptions,
  display: Display,
  signal: AbortSignal,
): Promise<void> {
  const stack = stackFile();
  const token = source === 'none' ? undefined : await firstToken(stack.api, display, signal);
  for (const line of addressLines(stack, dir, token)) display.line(line);
  await Promise.all([display.showTokens(stack.api, signal), untilAborted(signal)]);
}

/** A token with live figures, to name in the commands to try. */
async function firstToken(api: string, display: Display, signal: AbortSignal): Promise<string | undefined> {
  const deadlineMs = performance.now() + firstTokenBoundMs;
  while (!signal.aborted && performance.now() < deadlineMs) {
    const tokens = await busiestTokens(api, 1);
    if (tokens?.[0]) {
      display.step('first live statistics');
      return tokens[0].token;
    }
    await new Promise((resolve) => setTimeout(resolve, firstTokenPollMs));
  }
  return undefined;
}
