import { describe, expect, it } from 'vitest';
import { isWeakPassword } from './passwords.server.ts';
import { oneTimePassword } from './secrets.server.ts';

describe('passwords', () => {
  it('refuses fewer than ten characters and more than 256', () => {
    expect(isWeakPassword('mar-azul9', 'a@b.c')).toBe(true);
    expect(isWeakPassword('mar-azul92', 'a@b.c')).toBe(false);
    expect(isWeakPassword('xY'.repeat(128) + 'z', 'a@b.c')).toBe(true);
  });

  it('refuses the e-mail, its first part with digits around it, and letter case does not help', () => {
    const email = 'Renata.Camargo@ipe.exemplo';
    expect(isWeakPassword('renata.camargo@IPE.exemplo', email)).toBe(true);
    expect(isWeakPassword('renata.camargo2026', email)).toBe(true);
    expect(isWeakPassword('renata anda de barco', email)).toBe(false);
  });

  it.each([
    '1234567890',
    'Senha@2026!',
    'password123',
    'QWERTYUIOP',
    '2026pulso2026',
    'aaaaaaaaaaaa',
    'abababababab',
    '          '
  ])('refuses the well-known %j', (password) => {
    expect(isWeakPassword(password, 'a@b.c')).toBe(true);
  });

  it('makes one-time passwords that pass its own rules and do not repeat', () => {
    const made = Array.from({ length: 200 }, oneTimePassword);
    expect(new Set(made).size).toBe(200);
    for (const password of made) {
      expect(password).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
      expect(isWeakPassword(password, 'a@b.c')).toBe(false);
    }
  });
});
