@description('Name of the storage account.')
param account string

@description('Name of the container.')
param container string

@description('Key of the role in roles.json.')
param role string

@description('Who gets it.')
param principalId string

@description('What that is: an identity or a person.')
@allowed(['ServicePrincipal', 'User', 'Group'])
param principalType string

var roles = loadJsonContent('../roles.json')

resource folder 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${account}/default/${container}'
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(folder.id, principalId, roles[role])
  scope: folder
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role])
  }
}
