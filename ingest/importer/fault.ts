/**
 * What stops an import: something only its operator can put right. `place` says where, `remedy` what to do.
 * Rows that do not fit never stop it: they are skipped and listed (skips.ts).
 */
export class ImportFault extends Error {
  readonly place: string;
  readonly remedy: string;

  constructor(place: string, message: string, remedy: string) {
    super(message);
    this.name = 'ImportFault';
    this.place = place;
    this.remedy = remedy;
  }
}
