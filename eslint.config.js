import boundaries from 'eslint-plugin-boundaries';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** The house rules of CONTRIBUTING.md that a linter can hold. Errors only: a warning nobody fixes is noise. */

const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Named exports only: one name everywhere.' };
const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Settings are read once per process, in an env.server.ts file.'
};

const elements = [
  { type: 'contracts', pattern: 'src/lib/contracts/**' },
  { type: 'domain', pattern: 'src/lib/domain/**' },
  { type: 'sql', pattern: 'sql/**' },
  { type: 'ingest', pattern: 'ingest/**' },
  { type: 'kpi', pattern: 'src/lib/server/kpi/**' },
  { type: 'push', pattern: 'src/lib/server/push/**' },
  { type: 'server', pattern: 'src/lib/server/**' },
  { type: 'live', pattern: 'src/lib/live/**' },
  { type: 'ui', pattern: 'src/lib/components/ui/**' },
  { type: 'charts', pattern: 'src/lib/components/charts/**' },
  { type: 'tiles', pattern: 'src/lib/components/**' },
  { type: 'i18n', pattern: ['src/lib/i18n/**', 'src/lib/paraglide/**'] },
  { type: 'entry', pattern: 'src/entry/**' },
  { type: 'routes', pattern: 'src/routes/**' },
  { type: 'tests', pattern: 'tests/**' }
];

/** Who may import whom: imports follow the arrow source → ingest → ClickHouse → KPI → push → tile. */
const allowed = {
  contracts: ['contracts'],
  domain: ['contracts', 'domain'],
  sql: ['contracts', 'domain', 'sql'],
  ingest: ['contracts', 'domain', 'sql', 'ingest'],
  server: ['contracts', 'domain', 'sql', 'server'],
  kpi: ['contracts', 'domain', 'sql', 'kpi', 'server'],
  push: ['contracts', 'domain', 'sql', 'kpi', 'push', 'server'],
  live: ['contracts', 'domain', 'live', 'i18n'],
  i18n: ['i18n', 'contracts'],
  ui: ['ui', 'i18n'],
  charts: ['charts', 'i18n'],
  tiles: ['contracts', 'domain', 'live', 'ui', 'charts', 'tiles', 'i18n'],
  routes: ['contracts', 'domain', 'live', 'ui', 'charts', 'tiles', 'server', 'kpi', 'i18n', 'routes'],
  entry: ['contracts', 'domain', 'sql', 'ingest', 'server', 'kpi', 'push', 'entry'],
  tests: [
    'contracts',
    'domain',
    'sql',
    'ingest',
    'server',
    'kpi',
    'push',
    'live',
    'tiles',
    'ui',
    'charts',
    'entry',
    'routes',
    'tests',
    'i18n'
  ]
};

export default ts.config(
  {
    ignores: [
      '.eslint-resolver.cjs',
      'build/',
      '.svelte-kit/',
      'data/',
      'node_modules/',
      'src/lib/paraglide/',
      'static/',
      'test-results/'
    ]
  },
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.node, ...globals.browser },
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'], tsconfigRootDir: import.meta.dirname }
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { boundaries },
    settings: {
      'boundaries/elements': elements,
      'boundaries/include': ['src/**', 'ingest/**', 'sql/**', 'tests/**'],
      'import/resolver': { './.eslint-resolver.cjs': {} }
    },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': ['error', { allow: ['error'] }],
      'no-restricted-syntax': ['error', noDefaultExport, noEnvironment],
      eqeqeq: 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: Object.entries(allowed).map(([from, types]) => ({
            from: { element: { type: from } },
            allow: types.map((type) => ({ to: { element: { type } } }))
          }))
        }
      ]
    }
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      'max-lines': ['error', { max: 300 }],
      // runes read to be tracked, and template expressions are loosely typed by the parser
      '@typescript-eslint/no-unused-expressions': 'off',
      // reads the words of an explanation as codes; svelte-check reports the unused ones
      'svelte/no-unused-svelte-ignore': 'off',
      // rune classes keep plain maps beside their $state on purpose
      'svelte/prefer-svelte-reactivity': 'off',
      // the parser cannot resolve Kit's ./$types nor other components: svelte-check judges their types
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      // no base path: an address is what it says
      'svelte/no-navigation-without-resolve': 'off',
      'no-restricted-syntax': ['error', noEnvironment]
    }
  },
  {
    files: ['src/routes/**', '*.config.{js,ts}', '.dependency-cruiser.js'],
    rules: { 'no-restricted-syntax': ['error', noEnvironment] }
  },
  { files: ['**/env.server.ts', '**/*-env.server.ts'], rules: { 'no-restricted-syntax': ['error', noDefaultExport] } },
  // what a person at a terminal reads
  {
    files: ['src/entry/**', 'ingest/cli/**', 'sql/cli/**', 'ingest/importer/**', 'tests/**', '.ci/**'],
    rules: { 'no-console': 'off' }
  },
  {
    files: ['tests/**', '**/*.test.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'no-restricted-syntax': ['error', noDefaultExport]
    }
  },
  { files: ['**/*.js'], extends: [ts.configs.disableTypeChecked] }
);
