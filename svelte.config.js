import adapter from '@sveltejs/adapter-node';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ out: 'build' }),
    // the page of a refusal is rendered under the refused address: what it loads must not depend on that address
    paths: { relative: false },
    // writes of other sites are refused in src/hooks.server.ts, which knows all our names and lets programs post forms
    csrf: { trustedOrigins: ['*'] },
    csp: {
      mode: 'auto',
      directives: {
        'default-src': ['self'],
        // style attributes carry measured widths; no style can run code
        'style-src': ['self', 'unsafe-inline'],
        'img-src': ['self', 'data:'],
        'object-src': ['none'],
        'base-uri': ['self'],
        'form-action': ['self'],
        'frame-ancestors': ['self']
      }
    },
    typescript: {
      // Kit's generated tsconfig leaves these folders out: type errors there would pass unseen
      config: (config) => {
        config.include.push('../ingest/**/*.ts', '../sql/**/*.ts', '../tests/**/*.ts', '../*.ts', '../*.js');
        return config;
      }
    }
  }
};
