/**
 * The `vault` provider, HashiCorp Vault and OpenBao. In this version it is a known type: a config
 * that names it loads and can be planned. Asking it fails finally, so that no chain goes past it to
 * a value that the config puts behind Vault.
 */
import { closed, final } from '../secret/outcome.ts'
import type { Provider, Session } from './contract.ts'

/** The variables of Vault's own client that say where it is and who asks. */
const VARIABLES = [
  'VAULT_ADDR',
  'VAULT_TOKEN',
  'VAULT_NAMESPACE',
  'VAULT_ROLE_ID',
  'VAULT_SECRET_ID',
  'VAULT_CACERT',
  'VAULT_CAPATH',
  'VAULT_CLIENT_CERT',
  'VAULT_CLIENT_KEY',
  'VAULT_TLS_SERVER_NAME',
] as const

export const provider: Provider = {
  spec: {
    type: 'vault',
    summary:
      'HashiCorp Vault or OpenBao, KV version 2. Known to configs; asked for a value it answers "not in this version".',
    options: {
      type: 'object',
      properties: {
        address: {
          type: 'string',
          pattern: '^https?://',
          description: 'Where Vault answers. Left out: VAULT_ADDR.',
        },
        namespace: {
          type: 'string',
          minLength: 1,
          description: 'Left out: VAULT_NAMESPACE, if there is one.',
        },
        mount: {
          type: 'string',
          minLength: 1,
          default: 'secret',
          description: 'The KV mount; the path of a ref lies below it.',
        },
        field: {
          type: 'string',
          minLength: 1,
          default: 'value',
          description: 'The field that holds the value, where a ref names none.',
        },
      },
      additionalProperties: false,
    },
    env: () => VARIABLES,
  },
  async open(): Promise<Session> {
    let open = true
    return {
      get: async (items) =>
        items.map(() => (open ? final('malformed', 'UNSUPPORTED', 'not-in-this-version') : closed)),
      close: async () => {
        open = false
      },
    }
  },
}
