/**
 * The variables of Vault's own client that say where it is and who asks, and OpenBao's for the same.
 * `*_SKIP_VERIFY` is looked at only to say that it is not honoured.
 */
export const VARIABLES = [
  'VAULT_ADDR',
  'VAULT_TOKEN',
  'VAULT_NAMESPACE',
  'VAULT_ROLE_ID',
  'VAULT_SECRET_ID',
  'VAULT_CACERT',
  'VAULT_CLIENT_CERT',
  'VAULT_CLIENT_KEY',
  'VAULT_TLS_SERVER_NAME',
  'VAULT_SKIP_VERIFY',
  'BAO_ADDR',
  'BAO_TOKEN',
  'BAO_NAMESPACE',
  'BAO_CACERT',
  'BAO_CLIENT_CERT',
  'BAO_CLIENT_KEY',
  'BAO_TLS_SERVER_NAME',
  'BAO_SKIP_VERIFY',
] as const
