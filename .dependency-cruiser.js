/** What eslint-plugin-boundaries cannot see: cycles, unresolvable imports, orphans, server code on the way to the browser. */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      comment: 'An import the tool cannot resolve is one it cannot judge: "no violations" would then mean nothing.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^\\$app/', '^\\$env/', '^\\./\\$types', '^virtual:', '^@lucide/svelte/icons/', '#lib/paraglide/', 'build/handler\\.js', '\\.svelte$'] }
    },
    {
      name: 'ingest-and-dashboard-apart',
      severity: 'error',
      from: { path: '^ingest/' },
      to: { path: '^src/lib/(server|live|components)/' }
    },
    { name: 'dashboard-and-ingest-apart', severity: 'error', from: { path: '^src/lib/' }, to: { path: '^ingest/' } },
    {
      name: 'contracts-are-a-leaf',
      severity: 'error',
      from: { path: '^src/lib/contracts/' },
      to: { pathNot: ['^src/lib/contracts/', '^node_modules/zod'] }
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^src/lib/domain/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^src/lib/(contracts|domain)/', '^node_modules/'] }
    },
    {
      name: 'no-server-code-in-the-browser',
      severity: 'error',
      from: { path: '^src/lib/(live|components|contracts|domain)/', pathNot: '\\.test\\.ts$' },
      to: { path: ['\\.server\\.ts$', '^sql/', '^ingest/'] }
    },
    { name: 'no-tests-in-the-product', severity: 'error', from: { pathNot: ['^tests/', '\\.test\\.ts$'] }, to: { path: '^tests/' } }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^src/lib/paraglide/', '^build/', '^\\.svelte-kit/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'svelte', 'default', 'types'], exportsFields: ['exports'] }
  }
};
