// Made by scripts/generate/providers.ts from the specs in src/values/providers. Do not edit.

/** Provider type to the JSON Schema of its options. */
export const PROVIDER_OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "aws-secrets-manager": {
    "type": "object",
    "properties": {
      "region": {
        "type": "string",
        "minLength": 1,
        "description": "Left out: AWS_REGION, else the region of the profile."
      },
      "profile": {
        "type": "string",
        "minLength": 1,
        "description": "A profile of ~/.aws/config. Left out: AWS_PROFILE."
      },
      "endpoint": {
        "type": "string",
        "pattern": "^(?:https:\\/\\/[^/?#@\\s]+|http:\\/\\/(?:localhost|127(?:\\.\\d{1,3}){3}|\\[::1\\])(?::\\d{1,5})?)(?:\\/[^?#\\s]*)?$",
        "description": "Where the service answers: https, or http on this machine. Left out: the region’s own."
      },
      "auditPrefix": {
        "type": "string",
        "pattern": "^\\/?(?:[A-Za-z0-9_.@=+-]+\\/)+$",
        "description": "Names that begin so are of this config alone: `gateway audit` lists them, and nothing else. Ends in a slash."
      },
      "timeoutMs": {
        "type": "integer",
        "minimum": 1,
        "maximum": 120000,
        "default": 5000,
        "description": "Milliseconds for login and all reads of one start."
      },
      "callsPerMinute": {
        "type": "integer",
        "minimum": 1,
        "maximum": 100000,
        "default": 600,
        "description": "Calls that all starts together may make in a minute."
      },
      "field": {
        "type": "string",
        "minLength": 1,
        "description": "The key inside a secret that is JSON, where a ref names none. Left out: `value` of an object that has one, else all of the secret."
      }
    },
    "additionalProperties": false
  },
  "aws-ssm": {
    "type": "object",
    "properties": {
      "region": {
        "type": "string",
        "minLength": 1,
        "description": "Left out: AWS_REGION, else the region of the profile."
      },
      "profile": {
        "type": "string",
        "minLength": 1,
        "description": "A profile of ~/.aws/config. Left out: AWS_PROFILE."
      },
      "endpoint": {
        "type": "string",
        "pattern": "^(?:https:\\/\\/[^/?#@\\s]+|http:\\/\\/(?:localhost|127(?:\\.\\d{1,3}){3}|\\[::1\\])(?::\\d{1,5})?)(?:\\/[^?#\\s]*)?$",
        "description": "Where the service answers: https, or http on this machine. Left out: the region’s own."
      },
      "auditPrefix": {
        "type": "string",
        "pattern": "^\\/?(?:[A-Za-z0-9_.@=+-]+\\/)+$",
        "description": "Names that begin so are of this config alone: `gateway audit` lists them, and nothing else. Ends in a slash."
      },
      "timeoutMs": {
        "type": "integer",
        "minimum": 1,
        "maximum": 120000,
        "default": 5000,
        "description": "Milliseconds for login and all reads of one start."
      },
      "callsPerMinute": {
        "type": "integer",
        "minimum": 1,
        "maximum": 100000,
        "default": 600,
        "description": "Calls that all starts together may make in a minute."
      }
    },
    "additionalProperties": false
  },
  "env": {
    "type": "object",
    "properties": {},
    "additionalProperties": false
  },
  "exec": {
    "type": "object",
    "properties": {
      "command": {
        "type": "string",
        "pattern": "^/",
        "description": "Absolute path of the program: a regular file, yours or root’s, that no other can write."
      },
      "args": {
        "type": "array",
        "items": {
          "type": "string",
          "maxLength": 1024
        },
        "maxItems": 128,
        "default": []
      },
      "timeoutMs": {
        "type": "integer",
        "minimum": 1,
        "maximum": 120000,
        "default": 5000,
        "description": "Milliseconds for the whole answer."
      },
      "noOutputTimeoutMs": {
        "type": "integer",
        "minimum": 1,
        "maximum": 120000,
        "description": "Milliseconds without any output. Left out: `timeoutMs`."
      },
      "maxOutputBytes": {
        "type": "integer",
        "minimum": 1,
        "maximum": 20971520,
        "default": 1048576,
        "description": "Bytes of stdout and stderr together."
      },
      "jsonOnly": {
        "type": "boolean",
        "default": true,
        "description": "False: where one id is asked for, an answer that is not JSON is the value itself."
      },
      "env": {
        "type": "object",
        "propertyNames": {
          "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$"
        },
        "additionalProperties": {
          "type": "string"
        },
        "description": "Variables with fixed text for the program; not for values."
      },
      "passEnv": {
        "type": "array",
        "items": {
          "type": "string",
          "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$"
        },
        "maxItems": 128,
        "description": "Names of variables that the program gets from the gateway’s environment."
      },
      "trustedDirs": {
        "type": "array",
        "items": {
          "type": "string",
          "pattern": "^/"
        },
        "maxItems": 64,
        "description": "Absolute folders; the program must lie in one of them."
      }
    },
    "required": [
      "command"
    ],
    "additionalProperties": false
  },
  "file": {
    "type": "object",
    "properties": {
      "path": {
        "type": "string",
        "minLength": 1,
        "description": "The file or folder; `~` is your home, a relative path starts at the config. Left out: `$SECRETREF_HOME/secrets.json`, else `~/.openclaw/secrets/secrets.json`."
      },
      "format": {
        "enum": [
          "json",
          "raw"
        ],
        "description": "What the file holds: `json`, names and values; `raw`, the one value itself."
      }
    },
    "additionalProperties": false
  },
  "keychain": {
    "type": "object",
    "properties": {
      "service": {
        "type": "string",
        "minLength": 1,
        "maxLength": 256,
        "description": "The service that the items are kept under. Left out: `secretref`."
      }
    },
    "additionalProperties": false
  },
  "store": {
    "type": "object",
    "properties": {
      "path": {
        "type": "string",
        "minLength": 1,
        "description": "The age file. Left out: `store.age` in the folder of SecretRef’s state."
      },
      "identity": {
        "type": "string",
        "minLength": 1,
        "description": "The key file, as age-keygen writes it, or `keychain`. Left out: `keys/store.key` there."
      },
      "passphraseFile": {
        "type": "string",
        "minLength": 1,
        "description": "A file with the passphrase of a store that has one. Left out: SECRETREF_STORE_PASSPHRASE."
      }
    },
    "additionalProperties": false
  },
  "vault": {
    "type": "object",
    "properties": {
      "address": {
        "type": "string",
        "pattern": "^(?:https:\\/\\/[^/?#@\\s]+|http:\\/\\/(?:127(?:\\.\\d{1,3}){3}|\\[::1\\])(?::\\d{1,5})?)(?:\\/[^?#\\s]*)?$",
        "description": "Where Vault answers: https, or http to a loopback address by its number. Left out: VAULT_ADDR."
      },
      "namespace": {
        "type": "string",
        "minLength": 1,
        "description": "Left out: VAULT_NAMESPACE, if there is one."
      },
      "engine": {
        "type": "string",
        "enum": [
          "kv",
          "dynamic"
        ],
        "default": "kv",
        "description": "kv: values that somebody stored. dynamic: each read makes a credential with a lease, as database/creds/ROLE does."
      },
      "mount": {
        "type": "string",
        "minLength": 1,
        "description": "Where the engine is mounted; the path of a ref lies below it. Left out: secret; with engine dynamic: database."
      },
      "kv": {
        "type": "integer",
        "minimum": 1,
        "maximum": 2,
        "default": 2,
        "description": "The version of the KV engine."
      },
      "field": {
        "type": "string",
        "minLength": 1,
        "description": "The field that holds the value, where a ref names none. Left out: `value`, or the only field there is."
      },
      "auth": {
        "type": "object",
        "description": "How to sign in. Left out: VAULT_TOKEN, else VAULT_ROLE_ID and VAULT_SECRET_ID.",
        "properties": {
          "method": {
            "type": "string",
            "enum": [
              "token",
              "approle",
              "kubernetes",
              "jwt",
              "cert"
            ]
          },
          "mount": {
            "type": "string",
            "minLength": 1,
            "description": "Left out: the name of the method."
          },
          "tokenFile": {
            "type": "string",
            "minLength": 1,
            "description": "token: a file that holds it."
          },
          "roleId": {
            "type": "string",
            "minLength": 1,
            "description": "approle: the role id."
          },
          "roleIdFile": {
            "type": "string",
            "minLength": 1,
            "description": "approle: a file that holds the role id."
          },
          "secretIdFile": {
            "type": "string",
            "minLength": 1,
            "description": "approle: a file that holds the secret id."
          },
          "secretIdWrapped": {
            "type": "boolean",
            "default": false,
            "description": "approle: the secret id is a wrapping token, which is good for one start; docs/vault.md."
          },
          "role": {
            "type": "string",
            "minLength": 1,
            "description": "kubernetes, jwt, cert: the role. approle: the only role whose wrapped secret id is taken."
          },
          "jwtFile": {
            "type": "string",
            "minLength": 1,
            "description": "jwt, kubernetes: a file that holds the token; kubernetes: left out, the pod’s own."
          }
        },
        "required": [
          "method"
        ],
        "additionalProperties": false
      },
      "caCert": {
        "type": "string",
        "minLength": 1,
        "description": "A PEM file of the CA. Left out: VAULT_CACERT, else Node’s roots."
      },
      "clientCert": {
        "type": "string",
        "minLength": 1,
        "description": "A PEM file. Left out: VAULT_CLIENT_CERT."
      },
      "clientKey": {
        "type": "string",
        "minLength": 1,
        "description": "A PEM file. Left out: VAULT_CLIENT_KEY."
      },
      "tlsServerName": {
        "type": "string",
        "minLength": 1,
        "description": "The name in the certificate, where it is not the address’s."
      },
      "auditPrefix": {
        "type": "string",
        "pattern": "^(?:[A-Za-z0-9_.@=+-]+\\/)+$",
        "description": "Names that begin so are of this config alone: `gateway audit` lists them, and nothing else. Ends in a slash."
      },
      "timeoutMs": {
        "type": "integer",
        "minimum": 1,
        "maximum": 120000,
        "default": 5000,
        "description": "Milliseconds for login and all reads of one start."
      },
      "callsPerMinute": {
        "type": "integer",
        "minimum": 1,
        "maximum": 100000,
        "default": 600,
        "description": "Calls that all starts together may make in a minute."
      }
    },
    "additionalProperties": false
  }
}

/** Provider type to one sentence that says what it is. */
export const PROVIDER_SUMMARIES: Readonly<Record<string, string>> = {
  "aws-secrets-manager": "AWS Secrets Manager, by AWS’s own SDK (npm install @aws-sdk/client-secrets-manager). A write takes the rights PutSecretValue, UpdateSecretVersionStage and ListSecretVersionIds beside GetSecretValue, and is refused while AWS itself rotates the secret.",
  "aws-ssm": "The Parameter Store of AWS Systems Manager, by AWS’s own SDK (npm install @aws-sdk/client-ssm).",
  "env": "A variable in the environment that the gateway was started with.",
  "exec": "A program of yours that speaks OpenClaw's exec protocol, version 1.",
  "file": "A JSON file of names and values, a folder with one raw value a file, or one raw file.",
  "keychain": "The keychain of the desktop: macOS Keychain, or the Secret Service on Linux.",
  "store": "Our own encrypted store: one age file, with versions.",
  "vault": "The KV engine, version 1 or 2, and engines of dynamic secrets, of HashiCorp Vault or OpenBao."
}
