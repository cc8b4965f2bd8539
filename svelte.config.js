import adapter from '@sveltejs/adapter-node';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ out: 'build' }),
    // ORIGIN-less deployments behind several names are handled by the entry; Kit's own check stays on
    typescript: {
      // Kit's generated tsconfig leaves these folders out: type errors there would pass unseen
      config: (config) => {
        config.include.push('../ingest/**/*.ts', '../sql/**/*.ts', '../tests/**/*.ts', '../*.ts', '../*.js');
        return config;
      }
    }
  }
};
