import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Project } from '../compose/project.ts';
import type { Checkout } from './checkout.ts';
import { type Image, type Recording, stepsOf } from './tiltfile.ts';

/** The services whose rules take the file; Tilt leaves the others alone. */
export function servicesWith(tiltfile: Recording, path: string): string[] {
  return tiltfile
    .liveImages()
    .filter((image) => syncOf(image, path) !== undefined)
    .map(({ ref }) => ref.replace('tidemark-', ''));
}

/** Does to a service's container what Tilt does after a change of the file. */
export async function liveUpdate(
  project: Project,
  tiltfile: Recording,
  checkout: Checkout,
  service: string,
  path: string,
) {
  const image = tiltfile.image(`tidemark-${service}`);
  const sync = syncOf(image, path);
  if (sync === undefined) throw new Error(`no rule of ${service} takes ${path}`);
  const [container] = await project.containers(service);
  const file = path.slice(sync.local.length + 1);
  // The archive names the file as the container has it; owners are root's, whoever they are here.
  const archive = spawn(
    'tar',
    [
      '--create',
      '--owner=0',
      '--group=0',
      `--transform=s|^|${sync.remote.slice(1)}/${dirname(file)}/|`,
      '--directory',
    ].concat(join(checkout.folder, sync.local, dirname(file)), file.split('/').at(-1)!),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const unpack = spawn('docker', ['exec', '--interactive', container!.name, 'tar', '-C', '/', '-x', '-f', '-'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const [[code]] = await Promise.all([once(unpack, 'close'), pipeline(archive.stdout, unpack.stdin)]);
  if (code !== 0) throw new Error(`tar in ${container!.name} ended with ${code}`);
  for (const { cmd } of stepsOf(image, 'run')) await project.docker('exec', container!.name, 'sh', '-c', cmd);
}

function syncOf(image: Image, path: string) {
  return stepsOf(image, 'sync').find(({ local }) => path.startsWith(`${local}/`));
}
