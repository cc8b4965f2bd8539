/** How messages are compiled: by vite while it runs, and by `compile.ts` for the type checkers. One place, so both agree. */
export const paraglideOptions = {
  project: './src/lib/i18n/project.inlang',
  outdir: './src/lib/paraglide',
  // the server gives each request its locale (locale.server.ts), the browser reads it from <html lang>
  strategy: ['globalVariable', 'baseLocale'],
  emitGitIgnore: false,
  emitReadme: false,
  outputStructure: 'message-modules'
} as const;
