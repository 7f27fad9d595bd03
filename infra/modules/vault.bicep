@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Whether deleted secrets can be removed for good by nobody before their time is over.')
param purgeProtection bool

@description('Principal id of the app identity, which reads secrets.')
param appPrincipalId string

@description('Principal id of a developer who may read and write secrets; empty for nobody.')
param developerId string

@description('Subnet of private endpoints; empty where the vault is reached by its public address.')
param endpointSubnetId string

@description('Ids of private DNS zones, by service.')
param dnsZones object

var roles = loadJsonContent('../roles.json')
var isPrivate = !empty(endpointSubnetId)

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    // Null rather than false: once on, it cannot be turned off.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      // Lets the resource manager write the trial key where the vault is private.
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource appReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

resource developerWrites 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(developerId)) {
  name: guid(vault.id, developerId, roles.keyVaultSecretsOfficer)
  scope: vault
  properties: {
    principalId: developerId
    principalType: 'User'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}

module endpoint 'private-endpoint.bicep' = if (isPrivate) {
  name: '${name}-endpoint'
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    targetId: vault.id
    group: 'vault'
    subnetId: endpointSubnetId
    dnsZoneId: isPrivate ? dnsZones.vault : ''
  }
}

@description('Resource id of the vault; the deployment creates the trial key in it.')
output id string = vault.id

@description('Name of the vault.')
output name string = vault.name

@description('Address of the vault; ends with a slash.')
output uri string = vault.properties.vaultUri
