import { checkRelations } from './relations.ts';
import { type Rendered, render } from './rendered.ts';
import { ToolMissing } from './tools.ts';
import { score, validateByKeda, validateByKubernetes } from './validators.ts';

const folders = ['base', 'overlays/dev', 'overlays/scale', 'overlays/rebuild'];
const checks: Record<string, (rendered: Rendered) => Promise<string>> = {
  schemas: validateByKubernetes,
  KEDA: validateByKeda,
  'kube-score': score,
  settings: checkRelations,
};

export type Verdict = 'passed' | 'failed' | 'not run';

/** Renders each folder and checks it. `not run` when nothing failed, but a tool was missing for some of it. */
export async function checkManifests(print: (line: string) => void): Promise<Verdict> {
  const verdicts: Verdict[] = [];
  for (const folder of folders) {
    let rendered: Rendered | undefined;
    const rendering = await checked(async () => {
      rendered = await render(folder);
      return `${rendered.objects.length} objects`;
    });
    verdicts.push(rendering.verdict);
    print(line(rendering, folder, 'rendered'));
    for (const [name, check] of Object.entries(checks)) {
      if (rendered === undefined) break;
      const found = await checked(() => check(rendered!));
      verdicts.push(found.verdict);
      print(line(found, folder, name));
    }
  }
  if (verdicts.includes('failed')) return 'failed';
  return verdicts.includes('not run') ? 'not run' : 'passed';
}

interface Finding {
  verdict: Verdict;
  says: string;
}

async function checked(check: () => Promise<string>): Promise<Finding> {
  try {
    return { verdict: 'passed', says: await check() };
  } catch (error) {
    const { message } = error as Error;
    return { verdict: error instanceof ToolMissing ? 'not run' : 'failed', says: message };
  }
}

const marks: Record<Verdict, string> = { passed: 'passed', failed: 'FAILED', 'not run': 'NOT RUN' };

function line({ verdict, says }: Finding, folder: string, name: string): string {
  return `${marks[verdict].padEnd(7)}  ${folder.padEnd(16)}  ${name.padEnd(10)}  ${says}`;
}
