import { readFileSync } from 'node:fs';

/** Names this run of the machine: another one after each start of the kernel. '' where the system does not tell. */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
