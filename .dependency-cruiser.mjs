/**
 * The layers point one way: services, cli, launcher, e2e and bench -> ownership -> checkpoint, kafka, store -> wire -> domain; runtime and stack
 * stand beside them, testing is for tests.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const entries = '^(services|cli|launcher|e2e|bench)/';

/** Packages that a package may import, beside itself. */
const allowed = {
  domain: [],
  wire: ['domain'],
  runtime: [],
  stack: ['runtime'],
  kafka: ['wire', 'runtime'],
  store: ['wire', 'runtime', 'domain'],
  checkpoint: ['domain', 'runtime'],
  ownership: ['checkpoint', 'kafka', 'domain', 'runtime'],
  testing: ['domain', 'wire', 'stack', 'runtime', 'kafka', 'store'],
};

const testFiles = '(\\.test\\.ts$|/test/)';

export default {
  forbidden: [
    ...Object.entries(allowed).map(([name, others]) => ({
      name: `${name}-imports-only-what-is-below`,
      severity: 'error',
      from: { path: `^packages/${name}/`, pathNot: testFiles },
      to: {
        path: '^(packages|services|cli|launcher|e2e|bench)/',
        pathNot: [name, ...others].map((one) => `^packages/${one}/`),
      },
    })),
    {
      name: 'entries-import-packages-only',
      comment: 'A service that needs a part of another one shares it through a package.',
      severity: 'error',
      from: { path: '^(services/[^/]+|cli|launcher)/' },
      to: { path: entries, pathNot: '^$1/' },
    },
    {
      name: 'only-packages-kafka-imports-kafkajs',
      severity: 'error',
      from: { pathNot: '^(packages/kafka|bench)/' },
      to: { path: 'node_modules/kafkajs/' },
    },
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { path: '^(packages|services|cli|launcher)/', pathNot: [testFiles, '^packages/testing/'] },
      to: { path: '^packages/testing/' },
    },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['\\.tidemark', '\\.d\\.[mc]?ts$'] },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      mainFields: ['main'],
    },
  },
};
