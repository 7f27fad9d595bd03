@description('Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Which services are used: { blob, queue, table }. One switch each for settings, roles and private endpoints.')
param services object

@description('How often data are copied: LRS in one building, ZRS in three, GRS and GZRS in another region too.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param sku string

@description('Containers that must be there before the app starts.')
param containers array

@description('Principal id of the app identity.')
param appPrincipalId string

@description('Role of the app for blobs, a key of roles.json.')
@allowed(['storageBlobDataOwner', 'storageBlobDataContributor'])
param blobRole string

@description('Principal id of a developer who gets the same roles; empty for nobody.')
param developerId string

@description('Rights to one container alone: [{ container, role, principalId, principalType }].')
param containerAssignments array = []

@description('Days after their last change until artifacts (logs, scripts, checkpoints) go; 0 keeps them.')
@minValue(0)
param artifactDays int = 0

@description('Subnet of private endpoints; empty where the account is reached by its public address.')
param endpointSubnetId string

@description('Ids of private DNS zones, by service.')
param dnsZones object

var roles = loadJsonContent('../roles.json')
var groups = concat(services.blob ? ['blob'] : [], services.queue ? ['queue'] : [], services.table ? ['table'] : [])
var roleNames = concat(
  services.blob ? [blobRole] : [],
  services.queue ? ['storageQueueDataContributor'] : [],
  services.table ? ['storageTableDataContributor'] : []
)
var isPrivate = !empty(endpointSubnetId)

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    deleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource folders 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = if (artifactDays > 0) {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'artifacts'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['hpo-artifacts/']
            }
            actions: {
              baseBlob: {
                delete: { daysAfterModificationGreaterThan: artifactDays }
              }
            }
          }
        }
      ]
    }
  }
  dependsOn: [blobs]
}

resource appRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roleNames: {
    name: guid(account.id, appPrincipalId, roles[role])
    scope: account
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role])
    }
  }
]

resource developerRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roleNames: if (!empty(developerId)) {
    name: guid(account.id, developerId, roles[role])
    scope: account
    properties: {
      principalId: developerId
      principalType: 'User'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role])
    }
  }
]

module containerRoles 'container-role.bicep' = [
  for (assignment, i) in containerAssignments: {
    name: '${name}-container-role-${i}'
    params: {
      account: account.name
      container: assignment.container
      role: assignment.role
      principalId: assignment.principalId
      principalType: assignment.principalType
    }
    dependsOn: [folders]
  }
]

module endpoints 'private-endpoint.bicep' = [
  for group in groups: if (isPrivate) {
    name: '${name}-endpoint-${group}'
    params: {
      name: 'pep-${name}-${group}'
      location: location
      tags: tags
      targetId: account.id
      group: group
      subnetId: endpointSubnetId
      dnsZoneId: isPrivate ? dnsZones[group] : ''
    }
  }
]

@description('Name of the account.')
output name string = account.name

@description('Address of its blobs.')
output blobEndpoint string = account.properties.primaryEndpoints.blob

@description('How a connection to the services in use is written in settings, without its name and its credential.')
output connection object = union(
  services.blob ? { blobServiceUri: account.properties.primaryEndpoints.blob } : {},
  services.queue ? { queueServiceUri: account.properties.primaryEndpoints.queue } : {},
  services.table ? { tableServiceUri: account.properties.primaryEndpoints.table } : {}
)
