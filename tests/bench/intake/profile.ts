/** Where the processor's time goes, by folder of ingest/: V8's own profiles of every thread, read as a tree. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const Profile = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.int()).optional()
    })
  ),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number())
});

const stageOf = (url: string): string | undefined => /\/ingest\/([a-z-]+)\//.exec(url)?.[1];
const RESTING = new Set(['(idle)', '(root)']);

/** A function of Node or of a package counts for the folder that called it. */
function stages({ nodes }: z.output<typeof Profile>): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Map<number, string>();
  const walk = (id: number, above: string): void => {
    const node = byId.get(id);
    if (!node) return;
    const { functionName, url } = node.callFrame;
    const own = functionName === '(garbage collector)' ? 'garbage collection' : (stageOf(url) ?? above);
    if (!RESTING.has(functionName)) found.set(id, own);
    for (const child of node.children ?? []) walk(child, own);
  };
  const [root] = nodes;
  if (root) walk(root.id, 'Node itself');
  return found;
}

/** @returns µs sampled by stage, over all profiles of a folder */
export function microsecondsByStage(folder: string): Map<string, number> {
  const total = new Map<string, number>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'))) {
    const profile = Profile.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    const stage = stages(profile);
    profile.samples.forEach((id, index) => {
      const at = stage.get(id);
      if (at !== undefined) total.set(at, (total.get(at) ?? 0) + (profile.timeDeltas[index] ?? 0));
    });
  }
  return total;
}
