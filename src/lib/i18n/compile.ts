/** `node src/lib/i18n/compile.ts`: writes src/lib/paraglide, so that tsc, svelte-check and tests work without vite. */
import { compile } from '@inlang/paraglide-js';
import { paraglideOptions } from './options.ts';

await compile({ ...paraglideOptions, strategy: [...paraglideOptions.strategy] });
