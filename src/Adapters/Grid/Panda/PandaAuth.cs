namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>How requests to PanDA say who asks.</summary>
public enum PandaAuth
{
    /// <summary>With a grid proxy as the client's certificate.</summary>
    X509,

    /// <summary>With an ID token of an OpenID Connect provider.</summary>
    Oidc,
}
