/** Which files an import reads. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Preset } from './conversion.ts';
import { ImportFault } from './fault.ts';
import { openInput, type Input } from './input.ts';

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** `name` or `name.gz` in a folder. */
function within(folder: string, name: string): string {
  const found = [name, `${name}.gz`].map((file) => join(folder, file)).find(existsSync);
  if (found === undefined)
    throw new ImportFault(
      folder,
      `holds no ${name} (nor ${name}.gz)`,
      'name the folder that holds all files of the preset'
    );
  return found;
}

/**
 * Opens what the preset wants, in its order.
 * @throws ImportFault when the path is absent, or a folder where a file is wanted, or the other way
 */
export async function openInputs(path: string, files: Preset['files']): Promise<readonly Input[]> {
  if (files === 'one') return [await openInput(path)];
  if (!isFolder(path)) throw new ImportFault(path, 'is no folder', `this preset reads ${files.join(', ')} of a folder`);
  const inputs: Input[] = [];
  for (const name of files) inputs.push(await openInput(within(path, name)));
  return inputs;
}
