namespace HpoServerless.Infra.Tests;

/// <summary>The keys that the deployment makes, keeps, rotates and gives roles.</summary>
public sealed class SecretKeysTests : IDisposable
{
    private readonly HookBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Keys_areCreatedWhereTheyAreMissing()
    {
        _bench.Vaulted("other");

        (int code, string output, string error) = _bench.Run("secret_keys.py");

        Assert.True(code == 0, error);
        string trialKey = _bench.Secret("hpo-trial-key");
        Assert.True(Convert.FromBase64String(trialKey).Length >= 32);
        string[] user = _bench.Secret("hpo-key-admin").Split(':');
        Assert.Equal("operator", user[0]);
        Assert.InRange(user[1].Length, 32, 512);
        Assert.Equal("600", File.ReadAllText(_bench.At("mode")).Trim());
        string shown = output + error + File.ReadAllText(_bench.At("calls"));
        Assert.DoesNotContain(trialKey, shown, StringComparison.Ordinal);
        Assert.DoesNotContain(user[1], shown, StringComparison.Ordinal);
        Assert.Contains($"--method put --url https://management.azure.com{HookBench.Vault}/secrets/hpo-trial-key?api-version=", shown, StringComparison.Ordinal);
        Assert.Contains("/configreferences/appsettings/refresh", shown, StringComparison.Ordinal);
    }

    /// <summary>Nobody else has the key of a user, so it is left for whoever made it.</summary>
    [Fact]
    public void UserKey_isLeftForItsUserAlone()
    {
        _bench.Vaulted("hpo-trial-key");

        Assert.Equal(0, _bench.Run("secret_keys.py").Code);

        string file = Path.Combine(_bench.At("keys"), "admin");
        Assert.Equal(_bench.Secret("hpo-key-admin"), $"operator:{File.ReadAllText(file).Trim()}");
        Assert.Equal("600", Shell.Run("stat", ["-c", "%a", file], _bench.Folder).Output.Trim());
        Assert.False(File.Exists(_bench.At("hpo-trial-key")));
    }

    [Fact]
    public void Keys_stayWhereTheyAre()
    {
        _bench.Vaulted("hpo-trial-key", "hpo-key-admin");

        Assert.Equal(0, _bench.Run("secret_keys.py").Code);

        Assert.DoesNotContain("--method put", File.ReadAllText(_bench.At("calls")), StringComparison.Ordinal);
    }

    /// <summary>Where the role of the app came later than the keys, nothing else has it look again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false, "--before")]
    public void App_looksItsReferencesUpAgainAfterEachProvisioning(bool looks, params string[] arguments)
    {
        _bench.Vaulted("hpo-trial-key", "hpo-key-admin");

        Assert.Equal(0, _bench.Run("secret_keys.py", arguments).Code);

        Assert.Equal(looks, File.ReadAllText(_bench.At("calls")).Contains("/configreferences/appsettings/refresh", StringComparison.Ordinal));
    }

    [Fact]
    public void TrialKey_isMadeAnewOnlyOnDemandAndNeverTheSame()
    {
        _bench.Vaulted("hpo-trial-key", "hpo-key-admin");

        Assert.Equal(0, _bench.Run("secret_keys.py", "--rotate-trial-key").Code);
        string first = _bench.Secret("hpo-trial-key");
        Assert.Equal(0, _bench.Run("secret_keys.py", "--rotate-trial-key").Code);

        Assert.NotEqual(first, _bench.Secret("hpo-trial-key"));
        Assert.False(File.Exists(_bench.At("hpo-key-admin")));
    }

    /// <summary>One key follows the other without a gap, and the one before that is gone.</summary>
    [Fact]
    public void UserKey_holdsBesideItsSuccessor()
    {
        _bench.Vaulted("hpo-trial-key");
        Assert.Equal(0, _bench.Run("secret_keys.py").Code);
        string first = _bench.Secret("hpo-key-admin").Split(':')[1];
        _bench.Vaulted("hpo-trial-key", "hpo-key-admin");

        Assert.Equal(0, _bench.Run("secret_keys.py", "--rotate", "admin").Code);
        string[] second = _bench.Secret("hpo-key-admin").Split(':')[1].Split(',');
        Assert.Equal(0, _bench.Run("secret_keys.py", "--rotate", "admin").Code);
        string[] third = _bench.Secret("hpo-key-admin").Split(':')[1].Split(',');

        Assert.Equal(first, second[1]);
        Assert.NotEqual(first, second[0]);
        Assert.Equal(second[0], third[1]);
    }

    /// <summary>A file that lay elsewhere while the key was rotated has a key that must not open again.</summary>
    [Fact]
    public void KeyThatIsNotTheNewest_doesNotOpenAgain()
    {
        _bench.Vaulted("hpo-trial-key");
        Assert.Equal(0, _bench.Run("secret_keys.py").Code);
        _bench.Tagged("admin", "operator", "0123456789abcdef");

        Assert.Equal(0, _bench.Run("secret_keys.py", "--rotate", "admin").Code);

        Assert.DoesNotContain(",", _bench.Secret("hpo-key-admin"), StringComparison.Ordinal);
    }

    [Fact]
    public void ChangedRole_isGivenToTheSameKey()
    {
        _bench.Vaulted("hpo-trial-key");
        Assert.Equal(0, _bench.Run("secret_keys.py").Code);
        string key = _bench.Secret("hpo-key-admin").Split(':')[1];
        _bench.Tagged("admin", _bench.Tag("hpo-role"), _bench.Tag("hpo-key"));

        (int code, _, string error) = _bench.Hook("secret_keys.py", [], ("HPO_USER_KEYS", "admin:reader"));

        Assert.True(code == 0, error);
        Assert.Equal($"reader:{key}", _bench.Secret("hpo-key-admin"));
        Assert.Equal("reader", _bench.Tag("hpo-role"));
    }

    [Fact]
    public void ChangedRole_failsWhereTheKeyIsNotKnown()
    {
        _bench.Vaulted();
        _bench.Tagged("admin", "reader", "0123456789abcdef");

        (int code, _, string error) = _bench.Run("secret_keys.py");

        Assert.Equal(1, code);
        Assert.Contains("--rotate admin", error, StringComparison.Ordinal);
        Assert.False(File.Exists(_bench.At("hpo-key-admin")));
        Assert.Equal(0, _bench.Run("secret_keys.py", "--rotate", "admin").Code);
        Assert.StartsWith("operator:", _bench.Secret("hpo-key-admin"), StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_doNotShowTheKey()
    {
        _bench.Vaulted();

        Assert.Equal(0, _bench.Run("secret_keys.py").Code);

        Assert.DoesNotContain(_bench.Tag("hpo-key"), _bench.Secret("hpo-key-admin"), StringComparison.Ordinal);
        Assert.Equal(16, _bench.Tag("hpo-key").Length);
    }

    /// <summary>Before provisioning, new users get their secrets before settings refer to them.</summary>
    [Fact]
    public void KeysOfNewUsers_areMadeBeforeProvisioning()
    {
        _bench.Vaulted("hpo-trial-key", "hpo-key-admin");

        (int code, _, string error) = _bench.Hook("secret_keys.py", ["--before"], ("HPO_USER_KEYS", "admin:operator,ann:reader"));

        Assert.True(code == 0, error);
        Assert.StartsWith("reader:", _bench.Secret("hpo-key-ann"), StringComparison.Ordinal);
    }

    [Fact]
    public void BeforeTheFirstProvisioning_nothingIsAsked()
    {
        (int code, _, string error) = _bench.Hook("secret_keys.py", ["--before"], ("HPO_VAULT_ID", ""));

        Assert.True(code == 0, error);
        Assert.False(File.Exists(_bench.At("calls")));
    }

    /// <summary>After a teardown the environment still names the vault that was there.</summary>
    [Theory]
    [InlineData("ERROR: Not Found(ResourceNotFound)", 0)]
    [InlineData("ERROR: Forbidden(AuthorizationFailed)", 1)]
    public void VaultThatIsGone_isMadeByTheProvisioningThatFollows(string refusal, int expected)
    {
        File.WriteAllText(_bench.At("failures"), "1000");
        File.WriteAllText(_bench.At("refusal"), refusal);

        Assert.Equal(expected, _bench.Run("secret_keys.py", "--before").Code);
        Assert.Equal(1, _bench.Run("secret_keys.py").Code);
    }

    [Theory]
    [InlineData("admin:king")]
    [InlineData("ann:reader,Ann:operator")]
    [InlineData("ann:reader,ann:reader")]
    [InlineData("admin")]
    [InlineData("../admin:operator")]
    public void UserKeys_thatNobodyCouldReadAreRefused(string keys)
    {
        _bench.Vaulted();

        (int code, _, string error) = _bench.Hook("secret_keys.py", [], ("HPO_USER_KEYS", keys));

        Assert.Equal(1, code);
        Assert.Contains("HPO_USER_KEYS", error, StringComparison.Ordinal);
        Assert.False(File.Exists(_bench.At("calls")));
    }

    [Fact]
    public void UnknownUser_isRefused()
    {
        _bench.Vaulted("hpo-trial-key", "hpo-key-admin");

        Assert.Equal(1, _bench.Run("secret_keys.py", "--rotate", "nobody").Code);

        Assert.False(File.Exists(_bench.At("calls")));
    }

    [Fact]
    public void Keys_areNotMadeAnewWhereTheVaultDoesNotAnswer()
    {
        File.WriteAllText(_bench.At("failures"), "1000");

        (int code, _, string error) = _bench.Run("secret_keys.py");

        Assert.Equal(1, code);
        Assert.Contains("AuthorizationPermissionMismatch", error, StringComparison.Ordinal);
        Assert.DoesNotContain("--method put", File.ReadAllText(_bench.At("calls")), StringComparison.Ordinal);
    }

    [Fact]
    public void MissingValue_isNamed()
    {
        (int code, _, string error) = _bench.Hook("secret_keys.py", [], ("HPO_VAULT_ID", ""));

        Assert.Equal(1, code);
        Assert.Contains("HPO_VAULT_ID", error, StringComparison.Ordinal);
    }
}
