/**
 * How Node is started for the ingest service, beside a ClickHouse that needs the memory. By itself V8 lets a heap grow to several times
 * what lives in it before it looks; a batch's objects live for a second, and the process reached 1 GB where it now stays under 400 MB.
 * It costs a fifth of a backfill's speed (CONTRIBUTING, "Memory before speed in ingest"). package.json's start:ingest says the same.
 */
export const INGEST_NODE_ARGS = ['--max-semi-space-size=4', '--heap-growing-percent=60'] as const;
