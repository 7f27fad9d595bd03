using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HpoServerless.Contracts.Panda;

/// <summary>A strict double of a PanDA server with the grid behind it: what the server would refuse, it refuses.</summary>
/// <remarks>Where <see cref="JobFolder"/> is given, jobs really run, as processes of this machine: the sandbox that was uploaded is unpacked, the command runs, its userJobMetadata.json is kept.</remarks>
public sealed class PandaDouble : IAsyncDisposable
{
    private readonly SortedDictionary<long, PandaDoubleTask> _tasks = [];
    private readonly HashSet<string> _tokens = new(StringComparer.Ordinal);
    private readonly PandaDoubleServer _server;
    private readonly PandaDoubleGrid _grid;
    private long _lastTask = 4000;

    private PandaDouble(TimeProvider time)
    {
        Time = time;
        _server = new(this);
        _grid = new(this, _tasks);
    }

    /// <summary>Address of its API.</summary>
    public Uri Api => new($"{_server.Endpoint.AbsoluteUri.TrimEnd('/')}/api/v1");

    /// <summary>Its certificate, as a PEM file of an authority.</summary>
    public string CertificatePem => _server.CertificatePem;

    /// <summary>Virtual organisation that it knows.</summary>
    public string Vo { get; init; } = "atlas";

    /// <summary>Whoever asks, as task owners are named.</summary>
    public string User { get; set; } = "Alice Example";

    /// <summary>Whether the one who asks has a production role.</summary>
    public bool ProductionRole { get; set; }

    /// <summary>Whether requests without a certificate or token are taken as the user's.</summary>
    public bool TakesAnybody { get; init; }

    /// <summary>Folder of its worker nodes; null: nothing really runs.</summary>
    public string? JobFolder { get; init; }

    /// <summary>Sites that it knows.</summary>
    public HashSet<string> Sites { get; } = new(StringComparer.Ordinal) { "GRID_GPU", "OTHER_GPU" };

    /// <summary>Most jobs that run at the same time.</summary>
    public int Slots { get; set; } = 2;

    /// <summary>How long a task stays in each status on its way.</summary>
    public TimeSpan StepEvery { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Share of jobs that fail because of the grid.</summary>
    public double FailShare { get; set; }

    /// <summary>Share of finished jobs whose metadata gets lost.</summary>
    public double MetadataLossShare { get; set; }

    /// <summary>Largest userJobMetadata.json that is kept.</summary>
    public int MetadataLimit { get; set; } = 1 << 20;

    /// <summary>Refusals that the next requests meet, whatever they ask for: status and text.</summary>
    public ConcurrentQueue<(int Status, string Text)> Refusals { get; } = new();

    /// <summary>Requests so far: method, path and query.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Everything that was sent, as text: nothing in it may be a secret.</summary>
    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>What was uploaded, by name.</summary>
    public ConcurrentDictionary<string, byte[]> Cache { get; } = new(StringComparer.Ordinal);

    /// <summary>How often a file was uploaded.</summary>
    public int Uploads { get; internal set; }

    /// <summary>What refreshes a token; null: the kept one is refused.</summary>
    public string? RefreshToken { get; set; }

    /// <summary>How often the sign-in server says that nobody has signed in yet.</summary>
    public int SignInPending { get; set; } = 1;

    internal TimeProvider Time { get; }

    internal Lock Gate { get; } = new();

    /// <summary>What the sign-in answers, as it is, by path; elsewhere it answers as it should.</summary>
    public Dictionary<string, string> SignInFaults { get; } = [];

    /// <summary>Its tasks.</summary>
    public IReadOnlyList<PandaDoubleTask> Tasks
    {
        get
        {
            lock (Gate)
            {
                return [.. _tasks.Values];
            }
        }
    }

    /// <summary>Starts one.</summary>
    /// <param name="jobFolder">Folder of its worker nodes; null: nothing really runs.</param>
    /// <param name="takesAnybody">Whether nobody need say who asks.</param>
    public static async Task<PandaDouble> StartAsync(string? jobFolder = null, bool takesAnybody = true)
    {
        PandaDouble made = new(TimeProvider.System) { JobFolder = jobFolder, TakesAnybody = takesAnybody };
        await made._server.StartAsync();
        made._grid.Begin();
        return made;
    }

    /// <summary>Carries requests to it, and trusts its certificate.</summary>
    public HttpMessageHandler CreateHandler() => _server.CreateHandler();

    /// <summary>A token that is valid for a time.</summary>
    public string NewToken(TimeSpan valid)
    {
        string claims = JsonSerializer.Serialize(new { exp = (Time.GetUtcNow() + valid).ToUnixTimeSeconds(), name = User, jti = Guid.NewGuid() });
        string token = $"e30.{Convert.ToBase64String(Encoding.UTF8.GetBytes(claims)).TrimEnd('=').Replace('+', '-').Replace('/', '_')}.c2ln";
        lock (Gate)
        {
            _tokens.Add(token);
        }

        return token;
    }

    /// <summary>A token is not taken any more.</summary>
    public void Revoke(string token)
    {
        lock (Gate)
        {
            _tokens.Remove(token);
        }
    }

    /// <summary>Puts a task into a status, where a test says what becomes of it.</summary>
    public void Put(long task, string status, string? error = null)
    {
        lock (Gate)
        {
            _tasks[task].Change(status, error, Time.GetUtcNow());
        }
    }

    /// <summary>A job of a task has finished and left this, where a test says what becomes of it.</summary>
    public long AddMetadata(long task, JsonNode metadata)
    {
        lock (Gate)
        {
            PandaDoubleJob job = new(_grid.NextJob()) { Status = "finished", Metadata = metadata };
            _tasks[task].Jobs.Add(job);
            return job.Id;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _grid.DisposeAsync();
        await _server.DisposeAsync();
    }

    internal bool Knows(string token)
    {
        lock (Gate)
        {
            return _tokens.Contains(token);
        }
    }

    internal PandaDoubleTask? Find(long id) => _tasks.GetValueOrDefault(id);

    /// <returns>Code and message, as the server has them.</returns>
    internal (int Code, string Message) Submit(JsonObject parameters)
    {
        string name = (string?)parameters["taskName"] ?? throw new PandaRefusal(500, "'taskName'");
        PandaDoubleTask? same = _tasks.Values.LastOrDefault(task => task.Name == name);
        if (same is not null && (bool?)parameters["uniqueTaskName"] == true && same.Status is not ("aborted" or "broken"))
        {
            if (same.Status is "registered")
            {
                return (1, string.Create(CultureInfo.InvariantCulture, $"jediTaskID={same.Id} is already queued for outDS={name}. You cannot submit duplicated tasks. "));
            }

            if (same.Status is not ("finished" or "failed" or "done"))
            {
                return (2, string.Create(CultureInfo.InvariantCulture, $"jediTaskID={same.Id} is in the {same.Status} state for outDS={name}. You can re-execute the task with the same or another input once it goes into finished/failed/done"));
            }

            same.Change("toincexec", null, Time.GetUtcNow());
            return (3, string.Create(CultureInfo.InvariantCulture, $"new tasks will be incrementally executed as jediTaskID={same.Id}"));
        }

        PandaDoubleTask made = new(++_lastTask, name, parameters, User) { Modified = Time.GetUtcNow() };
        _tasks[made.Id] = made;
        return (0, string.Create(CultureInfo.InvariantCulture, $"succeeded. new jediTaskID={made.Id}"));
    }

    /// <returns>Code and message, as the server has them.</returns>
    internal (int Code, string Message) Command(PandaDoubleTask task, string command)
    {
        bool allowed = command switch
        {
            "kill" or "finish" => task.Status is not ("finished" or "done" or "prepared" or "broken" or "aborted" or "toabort" or "aborting" or "failed"),
            "retry" => task.Status is "finished" or "failed" || (task.Status == "exhausted" && ProductionRole),
            "resume" => task.Status is "paused" or "throttled" or "staging",
            _ => task.Status is not ("finished" or "failed" or "done" or "aborted" or "broken" or "paused"),
        };
        if (command == "retry" && task.Status is "running" or "scouting" or "pending")
        {
            return (5, $"the task is still {task.Status}");
        }

        if (!allowed)
        {
            return (4, $"Command rejected: the {command} command is not accepted if the task is in {task.Status} status");
        }

        task.Change(command switch { "kill" => "toabort", "finish" => "finishing", "retry" => "toretry", "resume" => "running", _ => "paused" }, null, Time.GetUtcNow());
        return (0, $"command={command} is registered. will be executed in a few minutes");
    }
}
