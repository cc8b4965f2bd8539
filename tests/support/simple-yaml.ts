/** The YAML of the CloudEvents conformance samples: nested maps of scalars and `|` blocks, several documents. Nothing else of YAML. */
export type SimpleYaml = { [key: string]: string | SimpleYaml };

const indentOf = (line: string): number => line.length - line.trimStart().length;
const scalar = (text: string): string => /^"(.*)"$/.exec(text)?.[1] ?? text;

/** @throws on a line that is neither `key: value`, `key:` nor `key: |` */
function readMap(lines: string[], indent: number): SimpleYaml {
  const map: SimpleYaml = {};
  for (let line = lines[0]; line !== undefined && indentOf(line) === indent; line = lines[0]) {
    lines.shift();
    const [, key = '', value = ''] = /^([^:]+?)\s*:\s*(.*)$/.exec(line.trim()) ?? [];
    if (key === '') throw new Error(`not a line of simple YAML: ${line}`);
    const next = lines[0];
    if (value === '|') map[key] = readBlock(lines, indent);
    else if (value === '' && next !== undefined && indentOf(next) > indent) map[key] = readMap(lines, indentOf(next));
    else map[key] = scalar(value);
  }
  return map;
}

function readBlock(lines: string[], indent: number): string {
  const block: string[] = [];
  const inner = indentOf(lines[0] ?? '');
  for (let line = lines[0]; line !== undefined && indentOf(line) > indent; line = lines[0]) {
    block.push(line.slice(inner));
    lines.shift();
  }
  return `${block.join('\n')}\n`;
}

export const readSimpleYaml = (text: string): SimpleYaml[] =>
  text
    .split(/^---\s*$/m)
    .map((document) => document.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#')))
    .filter((lines) => lines.length > 0)
    .map((lines) => readMap(lines, 0));
