using System.Diagnostics;
using System.Globalization;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>How the OpenSSH client is called for a node.</summary>
internal sealed class SshCommandLine(SshOptions options, SshNode node)
{
    /// <summary>Runs the client until it ends or the input does. Whoever waits for the input holds neither its output nor its number once it has ended.</summary>
    private const string Guard = """
        command -v -- "$0" >/dev/null || { echo "the OpenSSH client '$0' does not start here" >&2; exit 127; }
        trap '' INT
        exec 3<&0
        "$0" "$@" </dev/null 3<&- &
        client=$!
        { read -r _ <&3; kill "$client"; } >/dev/null 2>&1 &
        guard=$!
        exec 3<&-
        wait "$client"
        code=$?
        kill "$guard" 2>/dev/null
        exit "$code"
        """;

    /// <summary>A start of the client that is left alone by an interrupt at the terminal and ended when this process is gone, however it ended: its input is open for as long as that.</summary>
    public static ProcessStartInfo Guarded(ProcessStartInfo client)
    {
        if (OperatingSystem.IsWindows())
        {
            return client;
        }

        ProcessStartInfo start = new("/bin/sh") { ArgumentList = { "-c", Guard, client.FileName } };
        foreach (string argument in client.ArgumentList)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    /// <summary>How to start the client.</summary>
    /// <param name="socket">Of the connection that all commands share.</param>
    /// <param name="at">Where the node is found.</param>
    /// <param name="mode">Options besides those of every call.</param>
    /// <param name="command">For the node; null for none.</param>
    public ProcessStartInfo Of(string socket, SshNode at, ReadOnlySpan<string> mode, string? command)
    {
        ProcessStartInfo start = new(options.Client);
        foreach (string word in mode)
        {
            start.ArgumentList.Add(word);
        }

        Set("ControlPath", Literal(socket));
        Set("BatchMode", "yes");
        Set("StrictHostKeyChecking", options.AcceptNew ? "accept-new" : "yes");
        Set("ConnectTimeout", Math.Ceiling(options.ConnectTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        Set("ConnectionAttempts", "1");
        Set("ServerAliveInterval", "15");
        Set("ServerAliveCountMax", "3");
        Set("ClearAllForwardings", "yes");
        Set("ForwardAgent", "no");
        Set("PermitLocalCommand", "no");
        Set("RemoteCommand", "none");
        Set("LogLevel", "ERROR");
        if (options.KnownHosts is { } known)
        {
            Set("UserKnownHostsFile", Literal(Path.GetFullPath(known)));
            Set("GlobalKnownHostsFile", "none");
            Set("UpdateHostKeys", "no");
        }

        if (at.Alias is { } alias)
        {
            Set("HostKeyAlias", alias);
        }

        if (node.KeyFile is { } key)
        {
            Set("IdentitiesOnly", "yes");
            start.ArgumentList.Add("-i");
            start.ArgumentList.Add(key.Replace("%", "%%", StringComparison.Ordinal));
        }

        if (node.Port is { } port)
        {
            start.ArgumentList.Add("-p");
            start.ArgumentList.Add(port.ToString(CultureInfo.InvariantCulture));
        }

        start.ArgumentList.Add("-T");
        start.ArgumentList.Add("-l");
        start.ArgumentList.Add(node.User);
        start.ArgumentList.Add("--");
        start.ArgumentList.Add(at.Host);
        if (command is not null)
        {
            start.ArgumentList.Add(command);
        }

        return start;

        void Set(string name, string value)
        {
            start.ArgumentList.Add("-o");
            start.ArgumentList.Add($"{name}={value}");
        }
    }

    /// <summary>A path in which the client expands nothing.</summary>
    private static string Literal(string path) => $"\"{path.Replace("%", "%%", StringComparison.Ordinal)}\"";
}
