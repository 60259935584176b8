/** The config that `init` writes. JSON with comments (JSON5), whatever the file is called. */

/** The ref that the starter config binds, for the commands that follow. */
export const STARTER_REF = 'stripe-api-key'
export const STARTER_VARIABLE = 'STRIPE_API_KEY'

/** What the starter config says of the place where values lie, by type of provider. */
const PLACES = {
  store: (): string => `      // Values lie encrypted in one file of your own, in the format of age.
      store: {},`,
  file: (
    program: string,
  ): string => `      // Values lie in the clear, in a file that only you can read; \`${program} doctor\` says which.
      // \`${program} store import\` moves them into an encrypted one.
      file: {},`,
}

/** Names no path of this machine: it may go into git as it is. */
export function starterConfig(program: string, place: keyof typeof PLACES): string {
  return `// Which agent gets which credential. References stand here, and never a value:
// this file may go into git. \`${program} config check\` finds every mistake,
// \`${program} why\` explains what an agent would get. After an edit: \`${program} trust\`.
{
  secrets: {
    providers: {
${PLACES[place](program)}
    },
  },

  agents: {
    "my-agent": {
      // What \`${program} gateway run\` starts. \`${program} run -- cmd\` needs none.
      // command: ["node", "agent.js"],

      "tool-bindings": {
        // One tool of the agent. It receives the credentials below and nothing else.
        "stripe-payment": {
          // Without them the agent does not start.
          required: true,
          credentials: {
            // secretRef is the name of the value, envVar the variable that receives it.
            apiKey: { secretRef: "${STARTER_REF}", envVar: "${STARTER_VARIABLE}" },
          },
        },
      },
    },
  },
}
`
}
