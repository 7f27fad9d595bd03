@description('Name of the function app.')
@minLength(2)
@maxLength(60)
param name string

@description('Name of its plan.')
param planName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the service in azure.yaml: by it the code finds its app.')
param serviceName string

@description('Memory of an instance in MiB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Instances at most.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances for HTTP and for orchestrations that are always there; above 0 they cost money day and night.')
@minValue(0)
param alwaysReadyInstances int

@description('Resource id of the app identity.')
param identityId string

@description('Client id of the app identity.')
param identityClientId string

@description('Container from which the platform takes the code, with its address.')
param packageContainer string

@description('Connection to the storage of the host: { blobServiceUri, ... }.')
param hostConnection object

@description('Connection to the storage of experiments: { blobServiceUri, queueServiceUri, tableServiceUri }.')
param dataConnection object

@description('Where telemetry goes.')
param insightsAddress string

@description('Address of the vault; ends with a slash.')
param vaultAddress string

@description('Name of the secret with the trial key.')
param trialKeyName string

@description('Names of users with a key, which is the secret hpo-key-NAME.')
param userKeyNames array

@description('Whether users see the experiments of all, or their own alone.')
param visibility string

@description('Most experiments of a user that have not ended; empty: any number.')
param quotaExperiments string

@description('Most trials of a user at once; empty: any number.')
param quotaTrials string

@description('Most that the experiments of a user may cost; empty: any amount.')
param quotaCost string

@description('Days for which what an experiment cost counts.')
param quotaCostDays int

@description('Days for which the audit log is kept.')
param auditDays int

@description('Further settings, of sites and of what the deployment switches on.')
param settings object

@description('Largest archive of scripts, in MiB.')
param maxScriptsMiB int

@description('Largest archive of scripts when unpacked, in MiB.')
param maxUnpackedScriptsMiB int

@description('Most entries in an archive of scripts.')
param maxScriptEntries int

@description('Largest checkpoint of a trial, in MiB.')
param maxCheckpointMiB int

@description('Name of the task hub of Durable Functions.')
param taskHub string

@description('Subnet that the app sends from; empty for none.')
param subnetId string

@description('Client id of the app registration whose users may sign in; empty: keys only.')
param entraClientId string

var byIdentity = {
  credential: 'managedidentity'
  clientId: identityClientId
}
var hostSettings = toObject(
  items(union(hostConnection, byIdentity)),
  entry => 'AzureWebJobsStorage__${entry.key}',
  entry => entry.value
)
var dataSettings = toObject(
  items(union(dataConnection, byIdentity)),
  entry => 'HpoStorage__${entry.key}',
  entry => entry.value
)

var userSettings = toObject(
  userKeyNames,
  user => 'Hpo__Keys__${user}',
  user => '@Microsoft.KeyVault(SecretUri=${vaultAddress}secrets/hpo-key-${user})'
)
var quotaSettings = union(
  empty(quotaExperiments) ? {} : { Hpo__Quotas__Experiments: quotaExperiments },
  empty(quotaTrials) ? {} : { Hpo__Quotas__Trials: quotaTrials },
  empty(quotaCost) ? {} : { Hpo__Quotas__Cost: quotaCost }
)

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': serviceName })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      ftpsState: 'Disabled'
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainer
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0 ? [] : [
          { name: 'http', instanceCount: alwaysReadyInstances }
          { name: 'durable', instanceCount: alwaysReadyInstances }
        ]
      }
    }
  }

  // All settings of the app: what is not here is removed with the next deployment.
  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(hostSettings, dataSettings, userSettings, quotaSettings, settings, {
      APPLICATIONINSIGHTS_CONNECTION_STRING: insightsAddress
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      Hpo__TrialKey: '@Microsoft.KeyVault(SecretUri=${vaultAddress}secrets/${trialKeyName})'
      Hpo__Authentication: empty(entraClientId) ? 'keys' : 'entra'
      Hpo__Visibility: visibility
      Hpo__Quotas__CostDays: string(quotaCostDays)
      Hpo__AuditDays: string(auditDays)
      Hpo__PublicUrl: 'https://${site.properties.defaultHostName}'
      Hpo__MaxScriptsMiB: string(maxScriptsMiB)
      Hpo__MaxUnpackedScriptsMiB: string(maxUnpackedScriptsMiB)
      Hpo__MaxScriptEntries: string(maxScriptEntries)
      Hpo__MaxCheckpointMiB: string(maxCheckpointMiB)
      HpoTaskHub: taskHub
    })
    // Never says that a sign-in stands before the app where it does not yet.
    dependsOn: [signIn]
  }

  resource noFtp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource noPasswords 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

// Switched on before the app trusts it, and off only after the app has been told not to.
module signIn 'sign-in.bicep' = if (!empty(entraClientId)) {
  name: '${name}-sign-in'
  params: {
    appName: site.name
    clientId: entraClientId
  }
}

module noSignIn 'sign-in.bicep' = if (empty(entraClientId)) {
  name: '${name}-no-sign-in'
  params: {
    appName: site.name
    clientId: ''
  }
  dependsOn: [site::appSettings]
}

@description('Name of the app.')
output name string = site.name

@description('Resource id of the app.')
output id string = site.id

@description('Address of the app, without a slash at the end.')
output address string = 'https://${site.properties.defaultHostName}'
