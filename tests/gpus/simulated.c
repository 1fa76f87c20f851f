/* A simulated libnvidia-ml.so.1: the symbols that monitors use, playing the scenario in the file $SIMULATED_NVML.
 *
 * The file is read again whenever GPUs are counted, so that a test changes the scene by replacing it. Its lines:
 *   init CODE                 nvmlInit answers with this code
 *   gpu NAME                  one more GPU; the lines that follow are about it
 *   memory TOTAL USED RESERVED   MiB
 *   load GPU MEMORY           percent
 *   heat CELSIUS    power WATTS LIMIT    clock MHZ MAX    throttle BITS    ecc COUNT
 *   process PID MIB           -1: not told
 *   mig NAME TOTAL USED       one instance, MiB
 *   lost                      the GPU has fallen off the bus
 *   xid NUMBER                an error that is told once: at the first look after the scene had this line
 *   fails SYMBOL CODE         this function answers with CODE
 * With -DOLD_DRIVER the symbols that came after driver 450 are missing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX 16
#define MIB (1024ull * 1024ull)
typedef unsigned int u32;
typedef unsigned long long u64;
enum { OK = 0, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, TIMEOUT = 10, LOST = 15 };

typedef struct { char name[96]; u64 total, used; int index; } Instance;
typedef struct {
    char name[96];
    u64 total, used, reserved;
    int load, load_memory, heat, power, power_limit, clock, clock_max, throttle, ecc, xid, lost, index, processes, instances;
    u32 pid[256];
    long long process_memory[256];
    Instance instance[8];
    int failures;
    char failing[16][64];
    int code[16];
} Gpu;

static Gpu gpus[MAX];
static int count, init_code;

static void load(void) {
    const char *path = getenv("SIMULATED_NVML");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[256], word[32], text[96];
    Gpu *gpu = NULL;
    count = init_code = 0;
    memset(gpus, 0, sizeof gpus);
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%31s", word) != 1) continue;
        if (!strcmp(word, "init")) sscanf(line, "%*s %d", &init_code);
        else if (!strcmp(word, "gpu") && count < MAX) {
            gpu = &gpus[count];
            gpu->index = count++;
            gpu->ecc = -1;
            sscanf(line, "%*s %95[^\n]", gpu->name);
        } else if (!gpu) continue;
        else if (!strcmp(word, "memory")) sscanf(line, "%*s %llu %llu %llu", &gpu->total, &gpu->used, &gpu->reserved);
        else if (!strcmp(word, "load")) sscanf(line, "%*s %d %d", &gpu->load, &gpu->load_memory);
        else if (!strcmp(word, "heat")) sscanf(line, "%*s %d", &gpu->heat);
        else if (!strcmp(word, "power")) sscanf(line, "%*s %d %d", &gpu->power, &gpu->power_limit);
        else if (!strcmp(word, "clock")) sscanf(line, "%*s %d %d", &gpu->clock, &gpu->clock_max);
        else if (!strcmp(word, "throttle")) sscanf(line, "%*s %i", &gpu->throttle);
        else if (!strcmp(word, "ecc")) sscanf(line, "%*s %d", &gpu->ecc);
        else if (!strcmp(word, "xid")) sscanf(line, "%*s %d", &gpu->xid);
        else if (!strcmp(word, "lost")) gpu->lost = 1;
        else if (!strcmp(word, "process") && gpu->processes < 256) {
            sscanf(line, "%*s %u %lld", &gpu->pid[gpu->processes], &gpu->process_memory[gpu->processes]);
            gpu->processes++;
        } else if (!strcmp(word, "mig") && gpu->instances < 8) {
            Instance *instance = &gpu->instance[gpu->instances];
            instance->index = gpu->instances++;
            sscanf(line, "%*s %95s %llu %llu", instance->name, &instance->total, &instance->used);
        } else if (!strcmp(word, "fails") && gpu->failures < 16) {
            sscanf(line, "%*s %63s %d", text, &gpu->code[gpu->failures]);
            strcpy(gpu->failing[gpu->failures++], text);
        }
    }
    if (file) fclose(file);
}

/* Handles: GPU i is i + 1; its MIG instance k is (i + 1) * 1000 + k. */
static Gpu *gpu_of(void *handle) {
    u64 number = (u64)handle;
    return &gpus[(number >= 1000 ? number / 1000 : number) - 1];
}
static Instance *instance_of(void *handle) {
    u64 number = (u64)handle;
    return number >= 1000 ? &gpu_of(handle)->instance[number % 1000] : NULL;
}
static int answer(void *handle, const char *symbol) {
    Gpu *gpu = gpu_of(handle);
    if (gpu->lost) return LOST;
    for (int i = 0; i < gpu->failures; i++)
        if (!strcmp(gpu->failing[i], symbol)) return gpu->code[i];
    return OK;
}
#define ASK int code = answer(device, __func__); if (code) return code; Gpu *gpu = gpu_of(device); (void)gpu

int nvmlInitWithFlags(u32 flags) { (void)flags; load(); return init_code; }
int nvmlInit_v2(void) { load(); return init_code; }
int nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(int code) { static char text[32]; snprintf(text, sizeof text, "simulated error %d", code); return text; }
int nvmlSystemGetDriverVersion(char *text, u32 size) { snprintf(text, size, "580.65.06"); return OK; }
int nvmlSystemGetNVMLVersion(char *text, u32 size) { snprintf(text, size, "13.580.65.06"); return OK; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 13000; return OK; }
int nvmlDeviceGetCount_v2(u32 *number) { load(); if (init_code) return init_code; *number = count; return OK; }
int nvmlDeviceGetHandleByIndex_v2(u32 index, void **device) {
    if (index >= (u32)count) return INVALID;
    *device = (void *)(u64)(index + 1);
    return gpus[index].lost ? LOST : OK;
}
int nvmlDeviceGetIndex(void *device, u32 *index) { ASK; *index = gpu->index; return OK; }
int nvmlDeviceGetName(void *device, char *text, u32 size) {
    ASK;
    snprintf(text, size, "%s", instance_of(device) ? instance_of(device)->name : gpu->name);
    return OK;
}
int nvmlDeviceGetUUID(void *device, char *text, u32 size) {
    ASK;
    Instance *instance = instance_of(device);
    if (instance) snprintf(text, size, "MIG-%08d-%d", gpu->index, instance->index);
    else snprintf(text, size, "GPU-%08d-0000-0000-0000-000000000000", gpu->index);
    return OK;
}
typedef struct { void *device; u64 type, data; u32 gpu_instance, compute_instance; } Event;
static int listening[MAX], told[MAX];
int nvmlEventSetCreate(void **set) { *set = listening; memset(listening, 0, sizeof listening); return OK; }
int nvmlEventSetFree(void *set) { (void)set; return OK; }
int nvmlDeviceRegisterEvents(void *device, u64 types, void *set) {
    ASK; (void)set;
    if (types != 8) return INVALID;
    listening[gpu->index] = 1;
    return OK;
}
int nvmlEventSetWait_v2(void *set, Event *event, u32 milliseconds) {
    (void)set; (void)milliseconds;
    for (int i = 0; i < count; i++) {
        if (!listening[i] || gpus[i].xid == told[i]) continue;
        told[i] = gpus[i].xid;
        if (!told[i]) continue;
        *event = (Event){(void *)(u64)(i + 1), 8, told[i], ~0u, ~0u};
        return OK;
    }
    return TIMEOUT;
}
typedef struct { u64 total, free, used; } Memory;
typedef struct { u32 version; u64 total, reserved, free, used; } Memory2;
int nvmlDeviceGetMemoryInfo(void *device, Memory *memory) {
    ASK;
    Instance *instance = instance_of(device);
    u64 total = instance ? instance->total : gpu->total, used = instance ? instance->used : gpu->used + gpu->reserved;
    memory->total = total * MIB; memory->used = used * MIB; memory->free = (total - used) * MIB;
    return OK;
}
typedef struct { u32 gpu, memory; } Rates;
int nvmlDeviceGetUtilizationRates(void *device, Rates *rates) { ASK; rates->gpu = gpu->load; rates->memory = gpu->load_memory; return OK; }
int nvmlDeviceGetTemperature(void *device, int sensor, u32 *celsius) { ASK; (void)sensor; *celsius = gpu->heat; return OK; }
int nvmlDeviceGetPowerUsage(void *device, u32 *milliwatts) { ASK; *milliwatts = gpu->power * 1000; return OK; }
int nvmlDeviceGetEnforcedPowerLimit(void *device, u32 *milliwatts) { ASK; *milliwatts = gpu->power_limit * 1000; return OK; }
int nvmlDeviceGetPowerManagementLimit(void *device, u32 *milliwatts) { return nvmlDeviceGetEnforcedPowerLimit(device, milliwatts); }
int nvmlDeviceGetClockInfo(void *device, int kind, u32 *mhz) { ASK; (void)kind; *mhz = gpu->clock; return OK; }
int nvmlDeviceGetMaxClockInfo(void *device, int kind, u32 *mhz) { ASK; (void)kind; *mhz = gpu->clock_max; return OK; }
int nvmlDeviceGetTotalEccErrors(void *device, int kind, int counter, u64 *errors) {
    ASK; (void)kind; (void)counter;
    if (gpu->ecc < 0) return NOT_SUPPORTED;
    *errors = gpu->ecc;
    return OK;
}
int nvmlDeviceGetPcieThroughput(void *device, int counter, u32 *kilobytes) { ASK; *kilobytes = counter ? 2048 : 1024; return OK; }
static int processes(Gpu *gpu, u32 *number, void *list, int fields) {
    u32 room = *number;
    *number = gpu->processes;
    if (room < (u32)gpu->processes) return TOO_SMALL;
    for (int i = 0; i < gpu->processes; i++) {
        u64 size = gpu->process_memory[i] < 0 ? ~0ull : (u64)gpu->process_memory[i] * MIB;
        if (fields) { struct { u32 pid; u64 memory; u32 a, b; } *each = list; each[i].pid = gpu->pid[i]; each[i].memory = size; each[i].a = each[i].b = ~0u; }
        else { struct { u32 pid; u64 memory; } *each = list; each[i].pid = gpu->pid[i]; each[i].memory = size; }
    }
    return OK;
}
int nvmlDeviceGetComputeRunningProcesses(void *device, u32 *number, void *list) { ASK; return processes(gpu, number, list, 0); }
int nvmlDeviceGetGraphicsRunningProcesses(void *device, u32 *number, void *list) { ASK; (void)list; *number = 0; return OK; }
#ifndef OLD_DRIVER
int nvmlDeviceGetMemoryInfo_v2(void *device, Memory2 *memory) {
    ASK;
    if (instance_of(device)) return NOT_SUPPORTED;
    memory->total = gpu->total * MIB; memory->used = gpu->used * MIB; memory->reserved = gpu->reserved * MIB;
    memory->free = (gpu->total - gpu->used - gpu->reserved) * MIB;
    return OK;
}
int nvmlDeviceGetCurrentClocksEventReasons(void *device, u64 *bits) { ASK; *bits = gpu->throttle; return OK; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, u64 *bits) { ASK; *bits = gpu->throttle; return OK; }
int nvmlDeviceGetMigMode(void *device, u32 *current, u32 *pending) { ASK; *current = *pending = gpu->instances > 0; return OK; }
int nvmlDeviceGetMaxMigDeviceCount(void *device, u32 *number) { ASK; *number = gpu->instances ? 7 : 0; return OK; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *device, u32 index, void **instance) {
    ASK;
    if (index >= (u32)gpu->instances) return NOT_FOUND;
    *instance = (void *)((u64)device * 1000 + index);
    return OK;
}
int nvmlDeviceIsMigDeviceHandle(void *device, u32 *is) { *is = instance_of(device) != NULL; return OK; }
int nvmlDeviceGetComputeRunningProcesses_v2(void *device, u32 *number, void *list) { ASK; return processes(gpu, number, list, 1); }
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, u32 *number, void *list) { ASK; return processes(gpu, number, list, 1); }
int nvmlDeviceGetGraphicsRunningProcesses_v2(void *device, u32 *number, void *list) { ASK; (void)list; *number = 0; return OK; }
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, u32 *number, void *list) { ASK; (void)list; *number = 0; return OK; }
#endif
/* What other monitors ask for, so that they can be measured beside ours. */
int nvmlDeviceGetFanSpeed(void *device, u32 *percent) { ASK; *percent = 30; return OK; }
int nvmlDeviceGetPerformanceState(void *device, int *state) { ASK; *state = 0; return OK; }
int nvmlDeviceGetPersistenceMode(void *device, int *mode) { ASK; *mode = 1; return OK; }
int nvmlDeviceGetComputeMode(void *device, int *mode) { ASK; *mode = 0; return OK; }
int nvmlDeviceGetDisplayActive(void *device, int *mode) { ASK; *mode = 0; return OK; }
int nvmlDeviceGetDisplayMode(void *device, int *mode) { ASK; *mode = 0; return OK; }
int nvmlDeviceGetEncoderUtilization(void *device, u32 *percent, u32 *period) { ASK; *percent = 0; *period = 1000; return OK; }
int nvmlDeviceGetDecoderUtilization(void *device, u32 *percent, u32 *period) { ASK; *percent = 0; *period = 1000; return OK; }
int nvmlDeviceGetProcessUtilization(void *device, void *list, u32 *number, u64 since) { ASK; (void)list; (void)since; *number = 0; return OK; }
typedef struct { char legacy[16]; u32 domain, bus, device, id, subsystem; char text[32]; } Pci;
int nvmlDeviceGetPciInfo_v3(void *device, Pci *pci) {
    ASK;
    memset(pci, 0, sizeof *pci);
    pci->bus = gpu->index + 1;
    snprintf(pci->legacy, sizeof pci->legacy, "0000:%02x:00.0", gpu->index + 1);
    snprintf(pci->text, sizeof pci->text, "00000000:%02x:00.0", gpu->index + 1);
    return OK;
}
