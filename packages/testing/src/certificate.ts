import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why no certificate can be made here, for a test to be skipped; false where one can. */
export const withoutOpenssl =
  spawnSync('openssl', ['version']).error !== undefined && 'makes its certificate with openssl, which is not here';

/** PEM texts of a self-signed certificate for 127.0.0.1, which is its own authority. */
export interface Certificate {
  cert: string;
  key: string;
}

export function selfSigned(): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-tls-'));
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const subject = ['-days', '2', '-subj', '/CN=tidemark-test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  try {
    execFileSync('openssl', ['req', '-x509', ...newKey, '-out', certFile, ...subject], { stdio: 'pipe' });
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
