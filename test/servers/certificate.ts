/** A certificate for a server of a test, and the CA that signed it. Made with openssl, for one day. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isIP } from 'node:net'

export interface Certificate {
  /** PEM files. */
  ca: string
  cert: string
  key: string
}

/** @param host the name, or the address, that it is for and no other */
export function certificateIn(dir: string, host: string): Certificate {
  const openssl = (line: string, ...more: string[]): void => {
    execFileSync('openssl', [...line.split(' '), ...more], { stdio: 'ignore', cwd: dir })
  }
  const ec = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  openssl(`req -x509 ${ec} -days 1 -keyout ca.key -out ca.pem`, '-subj', '/CN=fake CA')
  openssl(`req ${ec} -keyout key.pem -out request.pem`, '-subj', '/CN=fake server')
  writeFileSync(
    join(dir, 'extensions'),
    `subjectAltName=${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`,
  )
  openssl(
    'x509 -req -days 1 -in request.pem -CA ca.pem -CAkey ca.key -out cert.pem -set_serial 1 -extfile extensions',
  )
  return { ca: join(dir, 'ca.pem'), cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') }
}
