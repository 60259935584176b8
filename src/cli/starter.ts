/** The config that `init` writes. JSON with comments (JSON5), whatever the file is called. */

/** The ref that the starter config binds, for the commands that follow. */
export const STARTER_REF = 'stripe-api-key'
export const STARTER_VARIABLE = 'STRIPE_API_KEY'

/** Names no path of this machine: it may go into git as it is. */
export function starterConfig(program: string): string {
  return `// Which agent gets which credential. References stand here, and never a value:
// this file may go into git. \`${program} config check\` finds every mistake,
// \`${program} why\` explains what an agent would get. After an edit: \`${program} trust\`.
{
  secrets: {
    providers: {
      // Values lie in a file that only you can read; \`${program} doctor\` says which.
      // Or say where: { path: "~/elsewhere.json" }
      file: {},
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
