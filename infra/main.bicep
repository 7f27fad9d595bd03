targetScope = 'subscription'

@description('Name of the environment: every resource carries it, and the names of all are made from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of all resources. It must have Flex Consumption and the machines of the pools.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('Who deploys: may write the harness into its container, and gets the roles of a developer where those are on. Empty for nobody.')
param principalId string = ''

@description('What the one who deploys is.')
@allowed(['User', 'ServicePrincipal', 'Group'])
param principalType string = 'User'

@description('Whether a person who deploys may also read and write data, secrets and pools. Off: only the app may.')
param developerRoles bool = false

@description('Whether storage, vault, Batch and registry are reached inside a virtual network only.')
param vnetEnabled bool = false

@description('Addresses of the virtual network, a /16.')
param vnetAddressSpace string = '10.40.0.0/16'

@description('What keeps the state of orchestrations: storage, or a Durable Task Scheduler. The package of the app must be built for the same.')
@allowed(['azureStorage', 'scheduler'])
param durableBackend string = 'azureStorage'

@description('How a Durable Task Scheduler is paid.')
@allowed(['Consumption', 'Dedicated'])
param schedulerSku string = 'Consumption'

@description('Memory of an instance of the app in MiB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances of the app at most.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('Instances of the app that are always there.')
@minValue(0)
param alwaysReadyInstances int = 0

@description('Copies of the data: Standard_LRS, Standard_ZRS, Standard_GRS or Standard_GZRS.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_LRS'

@description('Days after their last change until logs, scripts and checkpoints go; 0 keeps them.')
@minValue(0)
param artifactDays int = 0

@description('Whether secrets that were deleted can be removed for good by nobody before their time is over.')
param vaultPurgeProtection bool = true

@description('Whether there is a pool for trials with a GPU, as site gpu.')
param gpuPool bool = true

@description('Machines of the GPU pool. Most subscriptions may have none of them until quota was asked for.')
param gpuVmSize string = 'Standard_NC4as_T4_v3'

@description('Spot machines of the GPU pool at most.')
@minValue(0)
param gpuMaxSpotNodes int = 10

@description('Dedicated machines of the GPU pool at most.')
@minValue(0)
param gpuMaxDedicatedNodes int = 2

@description('Machines of the GPU pool that are always there.')
@minValue(0)
param gpuMinNodes int = 0

@description('Trials at the same time on a machine of the GPU pool: one for each GPU.')
@minValue(1)
@maxValue(256)
param gpuSlotsPerNode int = 1

@description('What an hour of a trial at site gpu costs: the price of an hour of its machine, divided by gpuSlotsPerNode. Users who have a quota of cost must say at least that. Empty: none.')
param gpuPrice string = ''

@description('Image of the container of GPU trials; empty: they run on the machine itself.')
param gpuContainerImage string = ''

@description('Further options of the container of GPU trials.')
param gpuContainerOptions string = '--shm-size=2g'

@description('Whether there is a pool for trials without a GPU, as site cpu.')
param cpuPool bool = true

@description('Machines of the CPU pool.')
param cpuVmSize string = 'Standard_D4s_v5'

@description('Spot machines of the CPU pool at most.')
@minValue(0)
param cpuMaxSpotNodes int = 10

@description('Dedicated machines of the CPU pool at most.')
@minValue(0)
param cpuMaxDedicatedNodes int = 2

@description('Machines of the CPU pool that are always there.')
@minValue(0)
param cpuMinNodes int = 0

@description('Trials at the same time on a machine of the CPU pool.')
@minValue(1)
@maxValue(256)
param cpuSlotsPerNode int = 4

@description('What an hour of a trial at site cpu costs: the price of an hour of its machine, divided by cpuSlotsPerNode. Users who have a quota of cost must say at least that. Empty: none.')
param cpuPrice string = ''

@description('Image of the container of CPU trials; empty: they run on the machine itself.')
param cpuContainerImage string = ''

@description('Further options of the container of CPU trials.')
param cpuContainerOptions string = ''

@description('Publisher of the image of the machines.')
param nodeImagePublisher string = 'microsoft-dsvm'

@description('Offer of the image of the machines.')
param nodeImageOffer string = 'ubuntu-hpc'

@description('Version of the system of the machines.')
param nodeImageSku string = '2404'

@description('Agent of Batch that fits the image.')
param nodeAgent string = 'batch.node.ubuntu 24.04'

@description('Whether tasks fetch the harness that the deployment publishes. Off where the container image has it.')
param publishHarness bool = true

@description('Whether there is a container registry, from which nodes fetch images by their identity.')
param containerRegistry bool = false

@description('Largest archive of scripts, in MiB. The front end of the platform takes bodies of up to 100 MB.')
@minValue(1)
@maxValue(95)
param maxScriptsMiB int = 50

@description('Largest archive of scripts when unpacked, in MiB.')
@minValue(1)
@maxValue(1024)
param maxUnpackedScriptsMiB int = 500

@description('Most entries in an archive of scripts.')
@minValue(1)
@maxValue(10000)
param maxScriptEntries int = 10000

@description('Largest checkpoint of a trial, in MiB. The front end of the platform takes bodies of up to 100 MB.')
@minValue(1)
@maxValue(95)
param maxCheckpointMiB int = 95

@description('Client id of the app registration whose users may sign in; empty: keys only.')
param entraClientId string = ''

@description('Keys of users, NAME:ROLE with commas between. The deployment makes those that are missing. Roles: reader, submitter, operator, worker.')
param userKeys string = 'admin:operator'

@description('Whether users see the experiments of all, or their own alone.')
@allowed(['all', 'own'])
param visibility string = 'all'

@description('Most experiments of a user that have not ended; empty: any number.')
param quotaExperiments string = ''

@description('Most trials of a user at once; empty: any number.')
param quotaTrials string = ''

@description('Most that the experiments of a user may cost within the days of the quota; empty: any amount. Needs gpuPrice or cpuPrice, else the app refuses to start.')
param quotaCost string = ''

@description('Days for which what an experiment cost counts.')
@minValue(1)
@maxValue(366)
param quotaCostDays int = 30

@description('Days for which the audit log is kept.')
@minValue(1)
@maxValue(3650)
param auditDays int = 365

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logDays int = 30

@description('Most GB of logs a day; 0: no limit.')
@minValue(0)
param logGigabytesPerDay int = 1

@description('Who hears of alerts and of the budget; empty: alerts are only shown in the portal, and there is no budget.')
param alertEmail string = ''

@description('Most money a month, in the currency of the subscription, before the budget warns; 0: no budget.')
@minValue(0)
param monthlyBudget int = 0

@description('First day of the first month of the budget, yyyy-MM-01; empty: of this month. It cannot be changed later, so azd keeps the first one.')
param budgetStart string = ''

@description('This month. Not to be given: only the default of a parameter may look at the clock.')
param thisMonth string = utcNow('yyyy-MM-01')

var abbreviations = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var serviceName = 'api'
var packageContainer = 'packages'
var toolsContainer = 'hpo-tools'
var harnessFile = 'hpo_trial.zip'
var trialKeyName = 'hpo-trial-key'
var taskHub = 'hpo${token}'
var isScheduler = durableBackend == 'scheduler'
var hasBatch = gpuPool || cpuPool
var hasHarness = publishHarness && hasBatch
var developerId = developerRoles && principalType == 'User' ? principalId : ''
var userKeyNames = map(filter(split(userKeys, ','), pair => !empty(pair)), pair => trim(split(pair, ':')[0]))
var budgetMonth = empty(budgetStart) ? thisMonth : budgetStart
var emails = empty(alertEmail) ? [] : [alertEmail]
var nodeImage = {
  publisher: nodeImagePublisher
  offer: nodeImageOffer
  sku: nodeImageSku
  agent: nodeAgent
}

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    appName: '${abbreviations.appIdentity}${token}'
    nodesName: '${abbreviations.nodeIdentity}${token}'
    location: location
    tags: tags
  }
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  name: 'network'
  scope: group
  params: {
    name: '${abbreviations.network}${token}'
    location: location
    tags: tags
    addressSpace: vnetAddressSpace
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: '${abbreviations.workspace}${token}'
    insightsName: '${abbreviations.insights}${token}'
    location: location
    tags: tags
    retentionDays: logDays
    dailyGigabytes: logGigabytesPerDay
    appPrincipalId: identities.outputs.appPrincipalId
    developerId: developerId
  }
}

// What the host of Functions keeps: the code, its keys and leases, and the state of orchestrations where no scheduler does.
module hostStorage 'modules/storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: take('${abbreviations.hostStorage}${token}', 24)
    location: location
    tags: tags
    services: { blob: true, queue: !isScheduler, table: !isScheduler }
    sku: storageSku
    containers: [packageContainer]
    appPrincipalId: identities.outputs.appPrincipalId
    blobRole: 'storageBlobDataOwner'
    developerId: ''
    endpointSubnetId: vnetEnabled ? network.outputs.endpointSubnetId : ''
    dnsZones: vnetEnabled ? network.outputs.dnsZones : {}
  }
}

// What the service keeps: experiments, results, scripts, checkpoints and logs, and the queue of trials.
module dataStorage 'modules/storage.bicep' = {
  name: 'data-storage'
  scope: group
  params: {
    name: take('${abbreviations.dataStorage}${token}', 24)
    location: location
    tags: tags
    services: { blob: true, queue: true, table: true }
    sku: storageSku
    containers: [toolsContainer]
    appPrincipalId: identities.outputs.appPrincipalId
    blobRole: 'storageBlobDataContributor'
    developerId: developerId
    containerAssignments: concat(
      hasHarness ? [
        {
          container: toolsContainer
          role: 'storageBlobDataReader'
          principalId: identities.outputs.nodesPrincipalId
          principalType: 'ServicePrincipal'
        }
      ] : [],
      hasHarness && !empty(principalId) ? [
        {
          container: toolsContainer
          role: 'storageBlobDataContributor'
          principalId: principalId
          principalType: principalType
        }
      ] : []
    )
    artifactDays: artifactDays
    endpointSubnetId: vnetEnabled ? network.outputs.endpointSubnetId : ''
    dnsZones: vnetEnabled ? network.outputs.dnsZones : {}
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: take('${abbreviations.vault}${token}', 24)
    location: location
    tags: tags
    purgeProtection: vaultPurgeProtection
    appPrincipalId: identities.outputs.appPrincipalId
    developerId: developerId
    endpointSubnetId: vnetEnabled ? network.outputs.endpointSubnetId : ''
    dnsZones: vnetEnabled ? network.outputs.dnsZones : {}
  }
}

module registry 'modules/registry.bicep' = if (containerRegistry) {
  name: 'registry'
  scope: group
  params: {
    name: take('${abbreviations.registry}${token}', 50)
    location: location
    tags: tags
    nodesPrincipalId: identities.outputs.nodesPrincipalId
    endpointSubnetId: vnetEnabled ? network.outputs.endpointSubnetId : ''
    dnsZones: vnetEnabled ? network.outputs.dnsZones : {}
  }
}

module batch 'modules/batch.bicep' = if (hasBatch) {
  name: 'batch'
  scope: group
  params: {
    name: take('${abbreviations.batch}${token}', 24)
    location: location
    tags: tags
    appPrincipalId: identities.outputs.appPrincipalId
    developerId: developerId
    endpointSubnetId: vnetEnabled ? network.outputs.endpointSubnetId : ''
    dnsZones: vnetEnabled ? network.outputs.dnsZones : {}
  }
}

module gpu 'modules/batch-pool.bicep' = if (gpuPool) {
  name: 'pool-gpu'
  scope: group
  params: {
    account: hasBatch ? batch.outputs.name : ''
    endpoint: hasBatch ? batch.outputs.endpoint : ''
    name: 'gpu'
    vmSize: gpuVmSize
    image: nodeImage
    maxSpotNodes: gpuMaxSpotNodes
    maxDedicatedNodes: gpuMaxDedicatedNodes
    minNodes: gpuMinNodes
    slotsPerNode: gpuSlotsPerNode
    price: gpuPrice
    containerImage: gpuContainerImage
    containerOptions: gpuContainerOptions
    registryServer: containerRegistry ? registry.outputs.server : ''
    harness: hasHarness ? '${dataStorage.outputs.blobEndpoint}${toolsContainer}/${harnessFile}' : ''
    nodesId: identities.outputs.nodesId
    appClientId: identities.outputs.appClientId
    subnetId: vnetEnabled ? network.outputs.nodeSubnetId : ''
  }
}

module cpu 'modules/batch-pool.bicep' = if (cpuPool) {
  name: 'pool-cpu'
  scope: group
  params: {
    account: hasBatch ? batch.outputs.name : ''
    endpoint: hasBatch ? batch.outputs.endpoint : ''
    name: 'cpu'
    vmSize: cpuVmSize
    image: nodeImage
    maxSpotNodes: cpuMaxSpotNodes
    maxDedicatedNodes: cpuMaxDedicatedNodes
    minNodes: cpuMinNodes
    slotsPerNode: cpuSlotsPerNode
    price: cpuPrice
    containerImage: cpuContainerImage
    containerOptions: cpuContainerOptions
    registryServer: containerRegistry ? registry.outputs.server : ''
    harness: hasHarness ? '${dataStorage.outputs.blobEndpoint}${toolsContainer}/${harnessFile}' : ''
    nodesId: identities.outputs.nodesId
    appClientId: identities.outputs.appClientId
    subnetId: vnetEnabled ? network.outputs.nodeSubnetId : ''
  }
}

module scheduler 'modules/scheduler.bicep' = if (isScheduler) {
  name: 'scheduler'
  scope: group
  params: {
    name: '${abbreviations.scheduler}${token}'
    hub: taskHub
    location: location
    tags: tags
    sku: schedulerSku
    appPrincipalId: identities.outputs.appPrincipalId
    developerId: developerId
    appClientId: identities.outputs.appClientId
  }
}

module app 'modules/function-app.bicep' = {
  name: 'app'
  scope: group
  params: {
    name: '${abbreviations.functionApp}${token}'
    planName: '${abbreviations.plan}${token}'
    location: location
    tags: tags
    serviceName: serviceName
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    identityId: identities.outputs.appId
    identityClientId: identities.outputs.appClientId
    packageContainer: '${hostStorage.outputs.blobEndpoint}${packageContainer}'
    hostConnection: hostStorage.outputs.connection
    dataConnection: dataStorage.outputs.connection
    insightsAddress: monitoring.outputs.insightsAddress
    trialKeyName: trialKeyName
    taskHub: taskHub
    settings: union(
      gpuPool ? gpu.outputs.settings : {},
      cpuPool ? cpu.outputs.settings : {},
      isScheduler ? { DURABLE_TASK_SCHEDULER_CONNECTION_STRING: scheduler.outputs.connection } : {}
    )
    maxScriptsMiB: maxScriptsMiB
    maxUnpackedScriptsMiB: maxUnpackedScriptsMiB
    maxScriptEntries: maxScriptEntries
    maxCheckpointMiB: maxCheckpointMiB
    subnetId: vnetEnabled ? network.outputs.appSubnetId : ''
    entraClientId: entraClientId
    userKeyNames: userKeyNames
    vaultAddress: vault.outputs.uri
    visibility: visibility
    quotaExperiments: quotaExperiments
    quotaTrials: quotaTrials
    quotaCost: quotaCost
    quotaCostDays: quotaCostDays
    auditDays: auditDays
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    groupName: '${abbreviations.actionGroup}${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    appName: app.outputs.name
    emails: emails
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0 && !empty(alertEmail)) {
  name: 'budget'
  scope: group
  params: {
    name: '${abbreviations.budget}${token}'
    amount: max(1, monthlyBudget)
    startDate: budgetMonth
    emails: emails
  }
}

@description('Region of all resources.')
output AZURE_LOCATION string = location

@description('Resource group of all resources.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output HPO_APP_NAME string = app.outputs.name

@description('Resource id of the function app.')
output HPO_APP_ID string = app.outputs.id

@description('Address for hpo run --url.')
output HPO_URL string = app.outputs.address

@description('Resource id of the vault; the deployment creates the trial key there if it is missing.')
output HPO_VAULT_ID string = vault.outputs.id

@description('Name of the vault.')
output HPO_VAULT_NAME string = vault.outputs.name

@description('Name of the secret with the trial key.')
output HPO_TRIAL_KEY_NAME string = trialKeyName

@description('Keys of users; the deployment makes those that are missing.')
output HPO_USER_KEYS string = userKeys

@description('Name of the Batch account; empty where there is no pool.')
output HPO_BATCH_ACCOUNT string = hasBatch ? batch.outputs.name : ''

@description('Storage account of the experiments.')
output HPO_DATA_ACCOUNT string = dataStorage.outputs.name

@description('Container for the harness; empty where none is published.')
output HPO_TOOLS_CONTAINER string = hasHarness ? toolsContainer : ''

@description('Name under which the harness is published.')
output HPO_HARNESS_FILE string = harnessFile

@description('Where orchestrations are kept; the package is built for it.')
output HPO_DURABLE_BACKEND string = durableBackend

@description('First month of the budget, which stays as it is.')
output HPO_BUDGET_START string = budgetMonth

@description('Server of the container registry; empty where there is none.')
output HPO_REGISTRY string = containerRegistry ? registry.outputs.server : ''
