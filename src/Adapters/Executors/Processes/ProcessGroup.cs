using System.Runtime.InteropServices;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Kills a process and all it started that stayed in its group.</summary>
internal static class ProcessGroup
{
    private const int SigKill = 9;

    /// <summary>Whether this system has process groups.</summary>
    public static bool Supported => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    /// <summary>Kills the group that a process leads; a group that is gone is no error.</summary>
    public static void Kill(int leader)
    {
        if (Supported && leader > 1) // 0 and -1 would mean ourselves and everybody
        {
            _ = NativeKill(-leader, SigKill);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeKill(int process, int signal);
}
