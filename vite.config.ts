import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';
import { dashboardPlugin } from './src/entry/dev-plugin.ts';
import { paraglideOptions } from './src/lib/i18n/options.ts';

export default defineConfig({
  plugins: [
    paraglideVitePlugin({ ...paraglideOptions, strategy: [...paraglideOptions.strategy] }),
    sveltekit(),
    dashboardPlugin()
  ]
});
