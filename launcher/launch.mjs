// The way in of every root script. It must parse on old Node versions, to be able to say that they are too old.
const oldestNode = 20;

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  void import('./boot/hints.mjs').then(({ installHint }) => {
    const hint = `Install it: ${installHint('node')}`;
    process.stderr.write(`NODE_TOO_OLD: Node ${oldestNode} or newer is needed, this is ${process.version}. ${hint}\n`);
    process.exit(78);
  });
} else {
  void import('./boot/main.mjs').then(({ main }) => main(process.argv.slice(2)));
}
