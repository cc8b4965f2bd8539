// Tells eslint-plugin-boundaries where an import leads. Imports here are either package.json's subpaths or files beside, always with
// their extension, so two lines suffice and no native resolver is needed.
const path = require('node:path');

const roots = { '#lib/': 'src/lib/', '#sql/': 'sql/', '#ingest/': 'ingest/' };

exports.interfaceVersion = 2;
exports.resolve = (source, file) => {
  const root = Object.keys(roots).find((prefix) => source.startsWith(prefix));
  if (root) return { found: true, path: path.join(__dirname, roots[root], source.slice(root.length)) };
  if (source.startsWith('.')) return { found: true, path: path.resolve(path.dirname(file), source) };
  return { found: true, path: null };
};
