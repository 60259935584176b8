/**
 * Trusts some configs, one after the other, and says why it could not. Arguments: the home, a name,
 * how many.
 */
import { trustConfig } from '../../src/config/trust.ts'
import { SecretRefError } from '../../src/errors.ts'
import { homeOf } from '../../src/state/home.ts'

const [home = '', name = '', count = ''] = process.argv.slice(2)
try {
  for (let i = 0; i < Number(count); i++) {
    const config = { path: `/fake/${name}-${i}`, hash: 'fake', owner: 0 }
    trustConfig(config, homeOf({ SECRETREF_HOME: home }), new Date(0))
  }
} catch (error) {
  if (!(error instanceof SecretRefError)) throw error
  process.stdout.write(`${error.code} ${error.message}\n`)
}
