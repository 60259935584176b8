/** What `run` and `gateway run` have in common on the command line. */
export interface StartOptions {
  config?: string
  agent?: string
  secretsRef?: string[]
  env?: string[]
  secretsProvider?: string
  environment?: string
  strict?: true
}
