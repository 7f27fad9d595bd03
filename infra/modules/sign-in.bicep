@description('Name of the function app.')
param appName string

@description('Client id of the app registration whose users may sign in; empty: nobody signs in.')
param clientId string

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName
}

// The app decides itself whom it lets in: trials and machines come with tokens and keys of their own, which are none of Entra's.
resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: !empty(clientId) }
    globalValidation: {
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
    }
    httpSettings: { requireHttps: true }
    identityProviders: empty(clientId) ? {} : {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: ['api://${clientId}', clientId]
        }
      }
    }
    login: {
      tokenStore: { enabled: false }
    }
  }
}
