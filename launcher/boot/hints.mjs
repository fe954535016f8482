// Which command installs what, on the system found. Plain old syntax: launch.mjs loads this on old Node versions too.
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program on the PATH, or undefined. */
export function onPath(program, env = process.env) {
  for (const folder of (env.PATH || '').split(delimiter)) {
    const file = join(folder, program);
    try {
      if (folder !== '') accessSync(file, constants.X_OK);
      else continue;
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** The first of these that is there names the packages. */
const managers = [
  {
    program: 'apt-get',
    install: 'apt-get install -y',
    packages: { java: debianJava, maven: 'maven', node: 'nodejs npm' },
    // Debian's own Node is often older than what is needed.
    setUp: { node: (sudo) => `curl -fsSL https://deb.nodesource.com/setup_24.x | ${sudo ? 'sudo -E ' : ''}bash - && ` },
  },
  {
    program: 'dnf',
    install: 'dnf install -y',
    packages: { java: 'java-21-openjdk-headless', maven: 'maven', node: 'nodejs' },
  },
  {
    program: 'pacman',
    install: 'pacman -S --noconfirm',
    packages: { java: 'jre21-openjdk-headless', maven: 'maven', node: 'nodejs npm' },
  },
  {
    program: 'apk',
    install: 'apk add',
    packages: { java: 'openjdk17-jre-headless', maven: 'maven', node: 'nodejs npm' },
  },
  {
    program: 'brew',
    install: 'brew install',
    packages: { java: 'openjdk@21', maven: 'maven', node: 'node@24' },
    noSudo: true,
    // Homebrew links neither of these into its bin folder.
    after: {
      java: ' && export JAVA_HOME="$(brew --prefix openjdk@21)/libexec/openjdk.jdk/Contents/Home"',
      node: ' && export PATH="$(brew --prefix node@24)/bin:$PATH"',
    },
  },
];

const websites = { java: 'https://adoptium.net', maven: 'https://maven.apache.org', node: 'https://nodejs.org' };

/** The command that installs `java`, `maven` or `node` here; a web address where no package manager is known. */
export function installHint(what, env = process.env) {
  const manager = managers.find(({ program }) => onPath(program, env));
  if (manager === undefined) return `see ${websites[what]}`;
  const sudo = !manager.noSudo && process.getuid !== undefined && process.getuid() !== 0;
  const named = manager.packages[what];
  const packages = typeof named === 'function' ? named() : named;
  const before = manager.setUp && manager.setUp[what] ? manager.setUp[what](sudo) : '';
  const after = manager.after && manager.after[what] ? manager.after[what] : '';
  return `${before}${sudo ? 'sudo ' : ''}${manager.install} ${packages}${after}`;
}

/** Debian 13 dropped Java 17; Ubuntu and Debian before it have it beside an older default. */
function debianJava() {
  let release = '';
  try {
    release = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // Not there: an unusual system, for which 17 is as good a guess.
  }
  const version = /^VERSION_ID="?(\d+)/m.exec(release);
  const isNew = /^ID=debian$/m.test(release) && version !== null && Number(version[1]) >= 13;
  return `openjdk-${isNew ? 21 : 17}-jre-headless`;
}
