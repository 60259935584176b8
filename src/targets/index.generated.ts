// Made by scripts/generate/targets-index.ts from src/targets/data. Do not edit.

/** A line for each target: its id, its service as one word, its variables (`!`: the usual kind for it). */
export const TARGET_INDEX = `
airtop airtop
braintrust braintrust BRAINTRUST_API_KEY
browserbase browserbase BROWSERBASE_API_KEY
context7 context7-upstash
cursor cursor
daytona daytona DAYTONA_API_KEY
devin devin DEVIN_API_KEY
e2b e2b E2B_API_KEY
kernel kernel-onkernel
langfuse langfuse LANGFUSE_SECRET_KEY
langsmith langsmith LANGSMITH_API_KEY
steel steel STEEL_API_KEY
wandb weights-biases WANDB_API_KEY
zep zep
make-com make
n8n n8n
pipedream pipedream
val-town val-town
workato workato WORKATO_API_TOKEN
zapier-webhook zapier
bluebubbles bluebubbles
courier courier
discord-bot-token discord DISCORD_BOT_TOKEN DISCORD_TOKEN
discord-webhook discord DISCORD_WEBHOOK_URL
feishu-app-secret feishu-lark FEISHU_APP_SECRET LARK_APP_SECRET
feishu-webhook-verification feishu-lark FEISHU_ENCRYPT_KEY FEISHU_VERIFICATION_TOKEN
googlechat-service-account google-chat GOOGLE_CHAT_SERVICE_ACCOUNT
googlechat-webhook google-chat
irc irc IRC_PASSWORD IRC_NICKSERV_PASSWORD
line-channel-secret line LINE_CHANNEL_SECRET
line-channel-token line LINE_CHANNEL_ACCESS_TOKEN
matrix matrix MATRIX_ACCESS_TOKEN
mattermost mattermost MATTERMOST_BOT_TOKEN
messagebird bird-messagebird
msteams-app-password microsoft-teams MSTEAMS_APP_PASSWORD
msteams-webhook microsoft-teams
nextcloud-talk nextcloud-talk NEXTCLOUD_TALK_BOT_SECRET
nostr nostr NOSTR_PRIVATE_KEY
plivo plivo PLIVO_AUTH_TOKEN
pluralkit pluralkit
pushbullet pushbullet
pushover pushover
qqbot qq-bot QQBOT_CLIENT_SECRET
rocketchat rocket-chat
sendbird sendbird
slack-app-token slack SLACK_APP_TOKEN
slack-bot-token slack SLACK_BOT_TOKEN SLACK_TOKEN
slack-config-token slack
slack-signing-secret slack SLACK_SIGNING_SECRET
slack-user-token slack SLACK_USER_TOKEN
slack-webhook slack SLACK_WEBHOOK_URL
synology-chat synology-chat SYNOLOGY_CHAT_TOKEN
telegram-bot-token telegram TELEGRAM_BOT_TOKEN
telnyx telnyx TELNYX_API_KEY
twilio-api-key twilio
twilio-auth-token twilio TWILIO_AUTH_TOKEN
vonage vonage
webex-bot webex
whatsapp-cloud whatsapp-business
zalo-bot zalo ZALO_BOT_TOKEN
zulip zulip
buildkite buildkite BUILDKITE_API_TOKEN BUILDKITE_TOKEN
circleci circleci CIRCLECI_TOKEN
codecov codecov CODECOV_TOKEN
harness harness
jenkins jenkins JENKINS_TOKEN
pulumi pulumi-cloud PULUMI_ACCESS_TOKEN
sonarcloud sonarqube-cloud-server SONAR_TOKEN
terraform-cloud hcp-terraform TFE_TOKEN
travis-ci travis-ci
alibaba-cloud alibaba-cloud ALICLOUD_SECRET_KEY
aws-access-key aws AWS_SECRET_ACCESS_KEY
aws-session aws AWS_SESSION_TOKEN
azure-client-secret microsoft-azure-entra AZURE_CLIENT_SECRET
azure-servicebus azure-service-bus
civo civo
cloudflare-api-token cloudflare CLOUDFLARE_API_TOKEN CF_API_TOKEN
cloudflare-global-key cloudflare CLOUDFLARE_API_KEY
deno-deploy deno-deploy DENO_DEPLOY_TOKEN
digitalocean digitalocean DIGITALOCEAN_ACCESS_TOKEN DIGITALOCEAN_TOKEN
exoscale exoscale
fastly fastly FASTLY_API_TOKEN
fly fly-io FLY_API_TOKEN FLY_ACCESS_TOKEN
gcp-api-key google-cloud GOOGLE_API_KEY
gcp-service-account-key google-cloud GOOGLE_CREDENTIALS GCP_SERVICE_ACCOUNT_KEY
heroku heroku HEROKU_API_KEY
hetzner hetzner-cloud
ibm-cloud ibm-cloud
kubernetes kubernetes KUBE_TOKEN K8S_TOKEN
linode linode-akamai
netlify netlify NETLIFY_AUTH_TOKEN
ngrok ngrok
openshift openshift OPENSHIFT_TOKEN
ovh ovhcloud OVH_APPLICATION_SECRET
railway-account-token railway RAILWAY_API_TOKEN
railway-project-token railway RAILWAY_TOKEN
render render
runpod runpod RUNPOD_API_KEY
scaleway scaleway
tailscale tailscale TAILSCALE_API_KEY
upcloud upcloud
vercel vercel VERCEL_TOKEN
vultr vultr
yandex-cloud yandex-cloud
contentful contentful
ghost ghost
sanity sanity
storyblok storyblok
storyblok-space-token storyblok
strapi strapi
webflow webflow WEBFLOW_TOKEN
wordpress wordpress
azure-devops-pat azure-devops AZURE_DEVOPS_PAT
bitbucket-api-token bitbucket BITBUCKET_TOKEN
bitbucket-app-password bitbucket
bitbucket-repo-token bitbucket
codeberg-forgejo-deploy-key git-over-ssh
gitea gitea-forgejo GITEA_TOKEN
github-app-installation-token github GITHUB_TOKEN GH_TOKEN
github-app-private-key github GITHUB_APP_PRIVATE_KEY
github-app-user-token github GITHUB_TOKEN
github-oauth-token github GITHUB_TOKEN
github-pat-classic github GITHUB_TOKEN! GH_TOKEN! GITHUB_PERSONAL_ACCESS_TOKEN!
github-pat-fine-grained github GITHUB_TOKEN GH_TOKEN GITHUB_PERSONAL_ACCESS_TOKEN
gitlab-deploy-token gitlab
gitlab-pat gitlab GITLAB_TOKEN!
gitlab-project-token gitlab GITLAB_TOKEN
gitlab-runner-token gitlab RUNNER_TOKEN
sourcegraph sourcegraph SOURCEGRAPH_TOKEN
apollo apollo-io
attio attio
close close
freshdesk freshdesk
front front
helpscout help-scout
hubspot-private-app hubspot
intercom intercom INTERCOM_TOKEN
pipedrive pipedrive
salesforce-access-token salesforce
salesforce-client-secret salesforce
segment segment
segment-write-key segment
zendesk zendesk
alchemy alchemy
binance binance
coinbase-cdp coinbase-cdp
coingecko coingecko
etherscan etherscan
infura infura
kraken kraken
kucoin kucoin
aiven aiven
algolia algolia ALGOLIA_API_KEY
astra-db datastax-astra-db ASTRA_DB_APPLICATION_TOKEN
bigquery bigquery
chroma-cloud chroma-cloud
clickhouse-cloud clickhouse-cloud
cockroach-cloud cockroachdb-cloud
confluent confluent-cloud
couchbase-capella couchbase-capella
databricks-oauth-secret databricks
databricks-pat databricks DATABRICKS_TOKEN
elastic-cloud elastic-cloud
elasticsearch elasticsearch ELASTICSEARCH_API_KEY
influxdb influxdb INFLUX_TOKEN
meilisearch meilisearch
milvus milvus-zilliz
mongodb-atlas-service-account mongodb-atlas
mongodb-uri mongodb MONGODB_URI MONGO_URL
mssql sql-server MSSQL_SA_PASSWORD
mysql mysql-mariadb DATABASE_URL MYSQL_URL MYSQL_PASSWORD
neon-api-key neon NEON_API_KEY
neon-database neon DATABASE_URL
pinecone pinecone PINECONE_API_KEY
planetscale planetscale
planetscale-password planetscale DATABASE_PASSWORD
postgres postgresql DATABASE_URL POSTGRES_URL
qdrant qdrant
rabbitmq rabbitmq RABBITMQ_URL AMQP_URL
redis redis-valkey REDIS_URL REDIS_PASSWORD
snowflake-key-pair snowflake SNOWFLAKE_PRIVATE_KEY
snowflake-pat snowflake SNOWFLAKE_TOKEN
supabase-management supabase SUPABASE_ACCESS_TOKEN
supabase-secret-key supabase SUPABASE_SECRET_KEY SUPABASE_SERVICE_ROLE_KEY SUPABASE_KEY
turso turso
typesense typesense
upstash-redis upstash UPSTASH_REDIS_REST_TOKEN
weaviate weaviate
xata xata
easypost easypost
ebay ebay EBAY_CLIENT_SECRET
etsy etsy ETSY_API_KEY
lob lob
shippo shippo
shopify-admin-token shopify SHOPIFY_ACCESS_TOKEN
shopify-client-secret shopify SHOPIFY_API_SECRET SHOPIFY_CLIENT_SECRET
woocommerce woocommerce
activecampaign activecampaign
beehiiv beehiiv
brevo brevo BREVO_API_KEY SENDINBLUE_API_KEY
convertkit kit-convertkit
customerio customer-io
iterable iterable
klaviyo klaviyo KLAVIYO_API_KEY
mailchimp mailchimp
mailerlite mailerlite
mailersend mailersend
mailgun mailgun MAILGUN_API_KEY
mailjet mailjet
mandrill mailchimp-transactional
onesignal onesignal ONESIGNAL_API_KEY
postmark-server postmark POSTMARK_SERVER_TOKEN
resend resend RESEND_API_KEY
sendgrid sendgrid SENDGRID_API_KEY
smtp smtp-imap-mailbox IMAP_PASSWORD
sparkpost sparkpost
alpaca alpaca
alpha-vantage alpha-vantage
exchangerate-api exchangerate-api
finnhub finnhub
polygon-io polygon-io-massive
twelve-data twelve-data
age-identity age SOPS_AGE_KEY
generic-basic generic-http
generic-bearer generic-http
generic-header generic-http
generic-jwt generic-jwt
generic-oauth2-client generic-oauth-2-0 OAUTH_CLIENT_SECRET
local-random-secret locally-generated-secret OPENCLAW_GATEWAY_TOKEN OPENCLAW_GATEWAY_PASSWORD SESSION_SECRET
pgp-private-key openpgp GPG_PRIVATE_KEY
tls-client-key tls-client-certificate TLS_KEY
webhook-signing-secret generic-webhook
auth0-client-secret auth0 AUTH0_CLIENT_SECRET
auth0-management-token auth0
clerk clerk CLERK_SECRET_KEY
jumpcloud jumpcloud
keycloak-client-secret keycloak
ldap ldap-active-directory LDAP_PASSWORD
okta-api-token okta
okta-oauth-client-secret okta OKTA_CLIENT_SECRET
stytch stytch
workos workos WORKOS_API_KEY
comfy comfy-cloud COMFY_CLOUD_API_KEY COMFY_API_KEY
fal fal-ai FAL_KEY FAL_API_KEY
luma luma-ai LUMA_API_KEY
pixverse pixverse PIXVERSE_API_KEY
runway runway RUNWAYML_API_SECRET RUNWAY_API_KEY
stability stability-ai
vydra vydra VYDRA_API_KEY
adafruit-io adafruit-io ADAFRUIT_IO_KEY
home-assistant home-assistant
oura oura
samsara samsara SAMSARA_API_TOKEN
anthropic-admin-key anthropic ANTHROPIC_ADMIN_API_KEY ANTHROPIC_ADMIN_KEY
anthropic-api-key anthropic ANTHROPIC_API_KEY
anthropic-oauth-token anthropic CLAUDE_CODE_OAUTH_TOKEN ANTHROPIC_AUTH_TOKEN
arcee arcee-ai ARCEEAI_API_KEY
aws-bedrock-api-key amazon-bedrock AWS_BEARER_TOKEN_BEDROCK
azure-openai azure-openai AZURE_OPENAI_API_KEY AZURE_API_KEY
baseten baseten BASETEN_API_KEY
cerebras cerebras CEREBRAS_API_KEY
chutes chutes CHUTES_API_KEY CHUTES_OAUTH_TOKEN
cloudflare-ai-gateway cloudflare-ai-gateway CLOUDFLARE_AI_GATEWAY_API_KEY
cohere cohere CO_API_KEY COHERE_API_KEY
dashscope alibaba-model-studio-qwen DASHSCOPE_API_KEY
deepinfra deepinfra DEEPINFRA_API_KEY
deepseek deepseek DEEPSEEK_API_KEY
digitalocean-gradient digitalocean-gradient-ai
featherless featherless-ai FEATHERLESS_API_KEY
fireworks fireworks-ai FIREWORKS_API_KEY
github-copilot github-copilot COPILOT_GITHUB_TOKEN GH_TOKEN GITHUB_TOKEN
gmi gmi-cloud GMI_API_KEY
google-gemini google-gemini GEMINI_API_KEY GOOGLE_API_KEY GOOGLE_GENERATIVE_AI_API_KEY
groq groq GROQ_API_KEY
huggingface hugging-face HF_TOKEN HUGGINGFACE_API_KEY HUGGINGFACEHUB_API_TOKEN
kilocode kilo-gateway KILOCODE_API_KEY
litellm litellm-proxy LITELLM_API_KEY
longcat longcat LONGCAT_API_KEY
meta-llama-api meta-llama-api MODEL_API_KEY
minimax minimax MINIMAX_API_KEY
mistral mistral-ai MISTRAL_API_KEY
moonshot moonshot-kimi MOONSHOT_API_KEY KIMI_API_KEY
novita novita-ai NOVITA_API_KEY
nvidia nvidia-nim NVIDIA_API_KEY
ollama-cloud ollama-cloud OLLAMA_API_KEY
openai-admin-key openai OPENAI_ADMIN_KEY
openai-project-key openai OPENAI_API_KEY!
openai-service-account-key openai OPENAI_API_KEY
opencode-zen opencode-zen OPENCODE_API_KEY OPENCODE_ZEN_API_KEY
openrouter openrouter OPENROUTER_API_KEY
openrouter-management openrouter
perplexity perplexity PERPLEXITY_API_KEY
portkey portkey
qianfan baidu-qianfan QIANFAN_API_KEY
replicate replicate REPLICATE_API_TOKEN
stepfun stepfun STEPFUN_API_KEY
synthetic synthetic SYNTHETIC_API_KEY
tencent-tokenhub tencent-tokenhub TOKENHUB_API_KEY TOKENPLAN_API_KEY
together together-ai TOGETHER_API_KEY TOGETHER_AI_API_KEY
upstage upstage
v0 vercel-v0 VERCEL_API_KEY
venice venice-ai VENICE_API_KEY
vercel-ai-gateway vercel-ai-gateway AI_GATEWAY_API_KEY
volcengine-ark volcengine-ark-doubao VOLCANO_ENGINE_API_KEY
voyage voyage-ai VOYAGE_API_KEY
xai xai XAI_API_KEY
xiaomi-mimo xiaomi-mimo XIAOMI_API_KEY
zai z-ai-glm ZAI_API_KEY
google-maps google-maps-platform
here here
ipinfo ipinfo
mapbox mapbox
maxmind maxmind MAXMIND_LICENSE_KEY
yelp yelp-fusion
agora agora
daily daily
livekit livekit
mux mux
amplitude amplitude AMPLITUDE_SECRET_KEY
betterstack better-stack
databox-meraki cisco-meraki
datadog-api-key datadog DD_API_KEY DATADOG_API_KEY
datadog-app-key datadog DD_APP_KEY DATADOG_APP_KEY
dynatrace dynatrace
grafana-cloud grafana
grafana-service-account grafana GRAFANA_SERVICE_ACCOUNT_TOKEN GRAFANA_TOKEN
honeycomb honeycomb
launchdarkly-access-token launchdarkly LD_API_KEY
launchdarkly-sdk-key launchdarkly
logzio logz-io
mixpanel mixpanel
newrelic-license-key new-relic NEW_RELIC_LICENSE_KEY
newrelic-user-key new-relic NEW_RELIC_USER_KEY
octopus-deploy octopus-deploy OCTOPUS_API_KEY
opsgenie opsgenie
pagerduty pagerduty PAGERDUTY_TOKEN
pagerduty-routing-key pagerduty
posthog-personal-key posthog POSTHOG_API_KEY
postman postman POSTMAN_API_KEY
prefect prefect-cloud PREFECT_API_KEY
readme readme
rootly rootly ROOTLY_API_KEY
rundeck rundeck
sentry-org-token sentry SENTRY_AUTH_TOKEN
sentry-user-token sentry SENTRY_AUTH_TOKEN
splunk splunk
splunk-hec splunk
statsig-console-key statsig
statuspage statuspage
sumologic sumo-logic SUMOLOGIC_ACCESSKEY SUMO_ACCESS_KEY
temporal-cloud temporal-cloud TEMPORAL_API_KEY
uptimerobot uptimerobot
adyen adyen ADYEN_API_KEY
adyen-hmac adyen
asaas asaas ASAAS_API_KEY
braintree braintree
chargebee chargebee
checkout-com checkout-com CHECKOUT_SECRET_KEY
dwolla dwolla DWOLLA_SECRET
flutterwave flutterwave
gocardless gocardless
lemonsqueezy lemon-squeezy LEMONSQUEEZY_API_KEY LEMON_SQUEEZY_API_KEY
mercury mercury MERCURY_API_TOKEN
paddle paddle PADDLE_API_KEY
paypal paypal
paystack paystack
plaid-access-token plaid
plaid-secret plaid
polar polar POLAR_ACCESS_TOKEN
ramp ramp RAMP_CLIENT_SECRET
razorpay razorpay
revenuecat revenuecat
square-access-token square SQUARE_ACCESS_TOKEN SQUARE_TOKEN
stripe-restricted-key stripe STRIPE_API_KEY
stripe-secret-key stripe STRIPE_API_KEY! STRIPE_SECRET_KEY
stripe-webhook-secret stripe STRIPE_WEBHOOK_SECRET
wise wise
airtable airtable
asana asana ASANA_PAT
atlassian-api-token jira-confluence-atlassian JIRA_API_TOKEN ATLASSIAN_API_TOKEN
atlassian-org-admin-key jira-confluence-atlassian
baserow baserow
cal-com cal-com
calendly calendly
clickup clickup CLICKUP_API_TOKEN
clockify clockify
coda coda
docusign docusign
figma figma FIGMA_TOKEN
fireflies fireflies-ai
google-oauth-client-secret google-oauth GOOGLE_CLIENT_SECRET
google-oauth-refresh-token google-oauth
google-workspace-oauth google-workspace GOOGLE_ACCESS_TOKEN
granola granola
harvest harvest
jira-server-pat jira-confluence-atlassian
linear linear LINEAR_API_KEY
linear-oauth linear
microsoft-graph microsoft-graph
miro miro
monday monday-com MONDAY_TOKEN
nocodb nocodb
notion notion NOTION_TOKEN NOTION_API_KEY
notion-oauth notion
nylas nylas
pandadoc pandadoc
raindrop raindrop-io
readwise readwise
shortcut shortcut
smartsheet smartsheet
todoist todoist
toggl toggl-track
trello trello TRELLO_TOKEN
typeform typeform
wrike wrike WRIKE_TOKEN
zoom zoom ZOOM_CLIENT_SECRET
cloudsmith cloudsmith CLOUDSMITH_API_KEY
dockerhub docker-hub DOCKERHUB_TOKEN DOCKER_PASSWORD
github-packages github-packages NPM_GH_TOKEN NODE_AUTH_TOKEN
jfrog jfrog-artifactory
npm npm
pypi pypi
rubygems rubygems GEM_HOST_API_KEY
apify apify APIFY_TOKEN APIFY_API_TOKEN
brave-search brave-search BRAVE_API_KEY BRAVE_SEARCH_API_KEY
exa exa EXA_API_KEY
firecrawl firecrawl FIRECRAWL_API_KEY
jina jina-ai
kagi kagi KAGI_API_KEY
newsapi newsapi
parallel parallel PARALLEL_API_KEY
rapidapi rapidapi
scraperapi scraperapi
scrapingbee scrapingbee
serpapi serpapi
serper serper
tavily tavily TAVILY_API_KEY
wolfram-alpha wolfram-alpha
youtube-data youtube-data-api YOUTUBE_API_KEY
zenrows zenrows
bitwarden-secrets-manager bitwarden-secrets-manager
consul-acl-token hashicorp-consul-nomad
doppler doppler DOPPLER_TOKEN
infisical-universal-auth infisical INFISICAL_CLIENT_SECRET INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET
onepassword-service-account 1password OP_SERVICE_ACCOUNT_TOKEN
vault-approle hashicorp-vault-openbao VAULT_SECRET_ID
vault-token hashicorp-vault-openbao VAULT_TOKEN BAO_TOKEN
abuseipdb abuseipdb
alienvault-otx alienvault-otx
crowdstrike crowdstrike-falcon
securitytrails securitytrails
shodan shodan
snyk snyk SNYK_TOKEN
unkey unkey UNKEY_ROOT_KEY
urlscan urlscan-io
virustotal virustotal
bitly bitly
bluesky bluesky
eventbrite eventbrite
facebook-app-secret meta-facebook-instagram FACEBOOK_APP_SECRET
facebook-page-token meta-facebook-instagram FACEBOOK_ACCESS_TOKEN
instagram-token meta-facebook-instagram
linkedin linkedin
mastodon mastodon
pinterest pinterest PINTEREST_ACCESS_TOKEN
reddit reddit
spotify spotify SPOTIFY_CLIENT_SECRET
strava strava
tiktok tiktok
twitch twitch OPENCLAW_TWITCH_ACCESS_TOKEN
unsplash unsplash
x-bearer-token x-twitter
x-oauth1-secret x-twitter
x-oauth2-user x-twitter
assemblyai assemblyai ASSEMBLYAI_API_KEY
azure-speech azure-speech AZURE_SPEECH_KEY AZURE_SPEECH_API_KEY SPEECH_KEY
deepgram deepgram DEEPGRAM_API_KEY
elevenlabs elevenlabs ELEVENLABS_API_KEY XI_API_KEY
fish-audio fish-audio FISH_API_KEY FISH_AUDIO_API_KEY
gladia gladia GLADIA_API_KEY
gradium gradium GRADIUM_API_KEY
hume hume-ai HUME_API_KEY
inworld inworld INWORLD_API_KEY
lmnt lmnt LMNT_API_KEY
revai rev-ai REVAI_API_KEY
senseaudio senseaudio SENSEAUDIO_API_KEY
azure-storage-key azure-storage
backblaze-b2 backblaze-b2
box box BOX_ACCESS_TOKEN BOX_DEVELOPER_TOKEN
cloudflare-r2 cloudflare-r2
cloudinary cloudinary CLOUDINARY_API_SECRET
digitalocean-spaces digitalocean-spaces
dropbox dropbox DROPBOX_TOKEN
s3-compatible s3-compatible-storage
uploadcare uploadcare
deepl deepl DEEPL_AUTH_KEY
lokalise lokalise LOKALISE_TOKEN
amadeus amadeus
duffel duffel
accuweather accuweather
nasa nasa-apis
openweather openweather OPENWEATHER_API_KEY
tomorrow-io tomorrow-io
`
